import t from 'tap'
import { asking, newNode, onAppliance, reachable, start, web, www } from './appliance.ts'

if (await onAppliance(t, import.meta.filename)) {
  t.test('the whole configuration is read and replaced, as JSON and as YAML', async t => {
    await using appliance = await start(newNode(t))
    const ask = asking(appliance.app)
    const text = `
      pools:
        web: { encapsulation: { type: gre }, rows: 256 }
      vips:
        www: { addresses: [198.51.100.10], listeners: [{ protocol: any }], pool: web }`
    const yaml = { 'content-type': 'application/yaml' }
    const pool = {
      encapsulation: { type: 'gre' },
      mode: 'dsr',
      backends: {},
      rows: 256,
      empty: 'drop',
      probe: { type: 'none' },
    }
    const intent = {
      pools: { web: pool },
      vips: { www: { ...www, hash: '5-tuple', listeners: [{ protocol: 'any' }] } },
    }
    t.match(await ask('PUT', '/v1/config', text, yaml), {
      status: 200,
      headers: { 'weir-revision': '1' },
      body: intent,
    })
    t.same((await ask('GET', '/v1/config')).body, intent)
    const asYaml = await ask('GET', '/v1/config', undefined, { accept: 'application/yaml' })
    t.match(asYaml, {
      headers: { 'content-type': 'application/yaml' },
      body: /^pools:\n {2}web:/,
    })
    t.match(await ask('PUT', '/v1/config', asYaml.body as string, yaml), {
      status: 200,
      headers: { 'weir-revision': '1' },
    })
    t.match(await ask('PUT', '/v1/config', {}), { status: 200, body: { pools: {}, vips: {} } })
  })

  t.test('a plan says what would change and move, and changes nothing', async t => {
    await using appliance = await start(newNode(t))
    const ask = asking(appliance.app)
    const config = { pools: { web }, vips: { www } }
    const added = await ask('POST', '/v1/plan', config)
    t.match(added, {
      status: 200,
      body: {
        vips: [{ vip: 'www', change: 'added' }],
        pools: [{ pool: 'web', change: 'added' }],
      },
    })
    t.match(await ask('GET', '/v1/revisions'), { body: [] })
    await ask('PUT', '/v1/config', config)
    await reachable(appliance.balancer)
    t.same((await ask('POST', '/v1/plan', config)).body, { vips: [], pools: [] })
    const without = { ...web, backends: { b1: web.backends.b1 } }
    t.same((await ask('POST', '/v1/plan', { ...config, pools: { web: without } })).body, {
      vips: [],
      pools: [
        {
          pool: 'web',
          change: 'changed',
          rows: 256,
          moved: 64,
          shares: [
            { backend: 'b1', before: 0.75, after: 1 },
            { backend: 'b2', before: 0.25, after: 0 },
          ],
        },
      ],
    })
  })

  t.test('revisions are listed, read and gone back to', async t => {
    await using appliance = await start(newNode(t))
    const ask = asking(appliance.app)
    await ask('PUT', '/v1/pools/web', web)
    await ask('PUT', '/v1/vips/www', www)
    await ask('DELETE', '/v1/vips/www')
    t.match(await ask('GET', '/v1/revisions'), {
      body: [
        { number: 3, summary: 'DELETE /v1/vips/www' },
        { number: 2, summary: 'PUT /v1/vips/www', time: /^\d{4}-.*Z$/ },
        { number: 1 },
      ],
    })
    const second = await ask('GET', '/v1/revisions/2')
    t.match(second.body, { number: 2, intent: { vips: { www }, pools: { web } } })
    t.match(await ask('POST', '/v1/revisions/2/rollback'), {
      status: 200,
      headers: { 'weir-revision': '4' },
      body: { number: 4, summary: 'rollback to revision 2', intent: { vips: { www } } },
    })
    t.match(await ask('GET', '/v1/vips/www'), { status: 200 })
    t.match(await ask('POST', '/v1/revisions/2/rollback'), {
      headers: { 'weir-revision': '4' },
    })
  })
}
