import t from 'tap'
import {
  asking,
  MERGE,
  newNode,
  onAppliance,
  ROUTER_MAC,
  reachable,
  start,
  web,
  www,
} from './appliance.ts'

const pool = { mode: 'dsr', empty: 'drop', probe: { type: 'none' }, ...web }
const nextHop = { interface: 'eth0', mac: ROUTER_MAC, source: '192.0.2.2', mtu: 1500 }
const b1 = {
  address: '10.0.0.11',
  weight: 3,
  admin: 'enabled',
  status: { health: 'up', effective: 'serving', nextHop, share: 0.75 },
}
const b2 = {
  address: '10.0.0.12',
  weight: 1,
  admin: 'enabled',
  status: { health: 'up', effective: 'serving', nextHop, share: 0.25 },
}
const vip = { ...www, hash: '5-tuple', status: { health: 'up', local: [] } }

if (await onAppliance(t, import.meta.filename)) {
  t.test('a resource is read as it was written, with what became of it', async t => {
    await using appliance = await start(newNode(t))
    const ask = asking(appliance.app)
    const created = await ask('PUT', '/v1/pools/web', web)
    t.equal(created.status, 201)
    t.equal(created.headers['weir-revision'], '1')
    t.match(await ask('PUT', '/v1/vips/www', www), {
      status: 201,
      headers: { 'weir-revision': '2' },
    })
    await reachable(appliance.balancer)

    const status = { serving: 2, draining: 0, out: 0, vips: ['www'] }
    const all = { web: { ...pool, backends: { b1, b2 }, status } }
    t.same((await ask('GET', '/v1/pools')).body, all)
    t.same((await ask('GET', '/v1/pools/web')).body, all.web)
    t.same((await ask('GET', '/v1/pools/web/backends')).body, { b1, b2 })
    t.same((await ask('GET', '/v1/pools/web/backends/b2')).body, b2)
    t.same((await ask('GET', '/v1/vips')).body, { www: vip })
    t.same((await ask('GET', '/v1/vips/www')).body, vip)
    t.match(await ask('HEAD', '/v1/vips/www'), { status: 200, body: '' })
  })

  t.test('what was read can be written back, and its status does not matter', async t => {
    await using appliance = await start(newNode(t))
    const ask = asking(appliance.app)
    await ask('PUT', '/v1/pools/web', web)
    await ask('PUT', '/v1/vips/www', www)
    for (const path of ['/v1/pools/web', '/v1/vips/www', '/v1/pools/web/backends/b1']) {
      const { body } = await ask('GET', path)
      t.match(await ask('PUT', path, body as object), {
        status: 200,
        headers: { 'weir-revision': '2' },
      })
      t.match(await ask('PATCH', path, body as object), { status: 200 })
    }
    const { body } = await ask('GET', '/v1/pools/web/backends/b1')
    await ask('PUT', '/v1/pools/web/backends/b1', { ...(body as object), weight: 1 })
    await reachable(appliance.balancer)
    t.match((await ask('GET', '/v1/pools/web/backends/b1')).body, { status: { share: 0.5 } })

    const { body: pools } = await ask('GET', '/v1/pools')
    const { body: vips } = await ask('GET', '/v1/vips')
    t.match(await ask('PUT', '/v1/config', { pools, vips } as object), {
      status: 200,
      headers: { 'weir-revision': '3' },
    })
  })

  t.test('a backend may be called status', async t => {
    await using appliance = await start(newNode(t))
    const ask = asking(appliance.app)
    const backends = { status: { address: '10.0.0.11' } }
    await ask('PUT', '/v1/pools/web', { ...web, backends })
    t.match(await ask('GET', '/v1/config'), { body: { pools: { web: { backends } } } })
    t.match(await ask('PATCH', '/v1/pools/web', { backends: { status: null } }), {
      body: { backends: {} },
    })
  })

  t.test('a merge patch changes members, and null takes them away', async t => {
    await using appliance = await start(newNode(t))
    const ask = asking(appliance.app)
    await ask('PUT', '/v1/pools/web', web)
    await ask('PUT', '/v1/vips/www', www)
    const weight = await ask('PATCH', '/v1/pools/web/backends/b1', { weight: 7 }, MERGE)
    t.match(weight, { status: 200, headers: { 'weir-revision': '3' }, body: { weight: 7 } })
    const patch = JSON.stringify({ backends: { b1: { admin: 'draining' }, b2: null } })
    t.match(await ask('PATCH', '/v1/pools/web', patch, MERGE), {
      status: 200,
      body: { rows: 256, backends: { b1: { weight: 7, status: { effective: 'draining' } } } },
    })
    t.same(Object.keys((await ask('GET', '/v1/pools/web/backends')).body as object), ['b1'])
    t.match(await ask('PATCH', '/v1/vips/www', { hash: 'source' }), {
      body: { hash: 'source', status: { health: 'down', reason: /no backend of pool web/ } },
    })
    t.match(await ask('PATCH', '/v1/vips/www', { hash: null }), { body: { hash: '5-tuple' } })
  })

  t.test('a resource goes, and its revision is answered', async t => {
    await using appliance = await start(newNode(t))
    const ask = asking(appliance.app)
    await ask('PUT', '/v1/pools/web', web)
    await ask('PUT', '/v1/vips/www', www)
    const gone = { status: 204, body: '' }
    t.match(await ask('DELETE', '/v1/pools/web/backends/b2'), {
      ...gone,
      headers: { 'weir-revision': '3' },
    })
    t.match(await ask('DELETE', '/v1/vips/www'), { ...gone, headers: { 'weir-revision': '4' } })
    t.match(await ask('DELETE', '/v1/pools/web'), gone)
    for (const path of ['/v1/pools/web', '/v1/vips/www', '/v1/pools/web/backends'])
      t.match(await ask('GET', path), { status: 404 })
    t.same((await ask('GET', '/v1/vips')).body, {})
  })

  t.test('a backend without a next hop is out, and says so', async t => {
    await using appliance = await start(newNode(t))
    const ask = asking(appliance.app)
    await ask('PUT', '/v1/pools/web', { ...web, backends: { b1: { address: '192.0.2.77' } } })
    t.match((await ask('GET', '/v1/pools/web')).body, {
      backends: {
        b1: { status: { health: 'down', reason: 'no next hop', effective: 'out', share: 0 } },
      },
      status: { serving: 0, draining: 0, out: 1 },
    })
  })

  t.test('a VIP on an address of the host is told as such', async t => {
    await using appliance = await start(newNode(t))
    const ask = asking(appliance.app)
    await ask('PUT', '/v1/pools/web', web)
    await ask('PUT', '/v1/vips/www', { ...www, addresses: ['192.0.2.2', '198.51.100.10'] })
    t.match((await ask('GET', '/v1/vips/www')).body, { status: { local: ['192.0.2.2'] } })
  })
}
