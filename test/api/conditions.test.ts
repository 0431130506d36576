import t, { type Test } from 'tap'
import {
  type Appliance,
  type Ask,
  asking,
  newNode,
  onAppliance,
  start,
  web,
  www,
} from './appliance.ts'

const STALE = '"0123456789abcdef0123456789abcdef"'

/** A header, and what each kind of request answers: on what is there, and on what is not. */
interface Case {
  readonly headers: (etag: string) => Readonly<Record<string, string>>
  readonly get: number
  readonly replace: number
  readonly patch: number
  readonly create: number
}

const CASES: Readonly<Record<string, Case>> = {
  'no condition': { headers: () => ({}), get: 200, replace: 200, patch: 200, create: 201 },
  'If-Match with the ETag': {
    headers: etag => ({ 'if-match': etag }),
    get: 200,
    replace: 200,
    patch: 200,
    create: 412,
  },
  'If-Match with the ETag among others': {
    headers: etag => ({ 'if-match': `${STALE}, ${etag}` }),
    get: 200,
    replace: 200,
    patch: 200,
    create: 412,
  },
  'If-Match with another': {
    headers: () => ({ 'if-match': STALE }),
    get: 200,
    replace: 412,
    patch: 412,
    create: 412,
  },
  'If-Match with the ETag as a weak one': {
    headers: etag => ({ 'if-match': `W/${etag}` }),
    get: 200,
    replace: 412,
    patch: 412,
    create: 412,
  },
  'If-Match *': {
    headers: () => ({ 'if-match': '*' }),
    get: 200,
    replace: 200,
    patch: 200,
    create: 412,
  },
  'If-None-Match *': {
    headers: () => ({ 'if-none-match': '*' }),
    get: 304,
    replace: 412,
    patch: 412,
    create: 201,
  },
  'If-None-Match with the ETag': {
    headers: etag => ({ 'if-none-match': etag }),
    get: 304,
    replace: 412,
    patch: 412,
    create: 201,
  },
  'If-None-Match with the ETag as a weak one': {
    headers: etag => ({ 'if-none-match': `W/${etag}` }),
    get: 304,
    replace: 412,
    patch: 412,
    create: 201,
  },
  'If-None-Match with another': {
    headers: () => ({ 'if-none-match': STALE }),
    get: 200,
    replace: 200,
    patch: 200,
    create: 201,
  },
}

const RESOURCES = [
  ['/v1/vips/www', '/v1/vips/new', { ...www, addresses: ['198.51.100.20'] }],
  ['/v1/pools/web', '/v1/pools/new', { ...web, backends: {} }],
  ['/v1/pools/web/backends/b1', '/v1/pools/web/backends/new', { address: '10.0.0.20' }],
] as const

const CONFIG = { pools: { web }, vips: { www } }

async function configured(t: Test): Promise<Appliance & { readonly ask: Ask }> {
  const appliance = await start(newNode(t))
  const ask = asking(appliance.app)
  await ask('PUT', '/v1/config', CONFIG)
  return { ...appliance, ask, [Symbol.asyncDispose]: () => appliance[Symbol.asyncDispose]() }
}

const etagOf = async (ask: Ask, path: string) =>
  String((await ask('GET', path)).headers['etag'])

if (await onAppliance(t, import.meta.filename)) {
  t.test('what may be read and written, on which condition', async t => {
    await using appliance = await configured(t)
    const { ask } = appliance
    for (const [name, { headers, get, replace, patch, create }] of Object.entries(CASES))
      for (const [path, fresh, body] of RESOURCES) {
        await ask('PUT', '/v1/config', CONFIG)
        const now = (await ask('GET', path)).body as object
        const given = headers(await etagOf(ask, path))
        const on = `${path}: ${name}`
        t.match(await ask('GET', path, undefined, given), { status: get }, `GET ${on}`)
        t.match(await ask('PATCH', path, {}, given), { status: patch }, `PATCH ${on}`)
        t.match(await ask('PUT', path, now, given), { status: replace }, `PUT ${on}`)
        t.match(await ask('PUT', fresh, body, given), { status: create }, `new ${on}`)
      }
  })

  t.test('only what still is as it was read is deleted', async t => {
    await using appliance = await configured(t)
    const { ask } = appliance
    for (const [path] of RESOURCES) {
      const etag = await etagOf(ask, path)
      const refused = await ask('DELETE', path, undefined, { 'if-match': STALE })
      t.match(refused, { status: 412, body: { code: 'stale', detail: new RegExp(etag) } })
      t.match(await ask('GET', path), { status: 200 })
    }
    const vip = await etagOf(ask, '/v1/vips/www')
    t.match(await ask('DELETE', '/v1/vips/www', undefined, { 'if-match': vip }), {
      status: 204,
    })
    const missing = { status: 404, body: { code: 'unknown-vip' } }
    t.match(await ask('DELETE', '/v1/vips/www', undefined, { 'if-match': vip }), missing)
    t.match(await ask('PATCH', '/v1/vips/www', {}, { 'if-match': vip }), missing)
  })

  t.test('an ETag is of the configuration, and the same for the same', async t => {
    await using appliance = await configured(t)
    const { ask } = appliance
    const before = await etagOf(ask, '/v1/vips/www')
    t.match(before, /^"[0-9a-f]{32}"$/)
    await ask('PATCH', '/v1/pools/web', { backends: { b1: { admin: 'disabled' } } })
    t.equal(await etagOf(ask, '/v1/vips/www'), before)
    await ask('PATCH', '/v1/vips/www', { hash: 'source' })
    t.not(await etagOf(ask, '/v1/vips/www'), before)
    const back = await ask('PATCH', '/v1/vips/www', { hash: '5-tuple' })
    t.equal(back.headers['etag'], before)
  })

  t.test('the whole configuration and a rollback know conditions too', async t => {
    await using appliance = await configured(t)
    const { ask } = appliance
    const etag = await etagOf(ask, '/v1/config')
    const config = (await ask('GET', '/v1/config')).body as object
    const stale = { 'if-match': STALE }
    t.match(await ask('PUT', '/v1/config', config, stale), { status: 412 })
    t.match(await ask('POST', '/v1/revisions/1/rollback', undefined, stale), { status: 412 })
    t.match(await ask('PUT', '/v1/config', {}, { 'if-match': etag }), { status: 200 })
    t.match(await ask('POST', '/v1/revisions/1/rollback', undefined, { 'if-match': etag }), {
      status: 412,
    })
    const now = await etagOf(ask, '/v1/config')
    t.match(await ask('POST', '/v1/revisions/1/rollback', undefined, { 'if-match': now }), {
      status: 200,
      headers: { etag },
    })
  })

  t.test('of many that write what they read, one wins each time', async t => {
    await using appliance = await configured(t)
    const { ask } = appliance
    const path = '/v1/pools/web/backends/b1'
    const etag = await etagOf(ask, path)
    const weights = Array.from({ length: 20 }, (_, index) => index + 10)
    const answers = await Promise.all(
      weights.map(weight => ask('PATCH', path, { weight }, { 'if-match': etag })),
    )
    t.same(
      answers.map(({ status }) => status),
      weights.map((_, index) => (index === 0 ? 200 : 412)),
    )
    t.match(await ask('GET', path), { body: { weight: 10 } })
  })

  t.test('writes that know no conditions take their turns, each a revision', async t => {
    await using appliance = await configured(t)
    const { ask } = appliance
    const names = Array.from({ length: 20 }, (_, index) => `c${index}`)
    const answers = await Promise.all(
      names.map((name, index) =>
        ask('PUT', `/v1/pools/web/backends/${name}`, { address: `10.0.1.${index}` }),
      ),
    )
    t.same(
      answers.map(({ headers }) => Number(headers['weir-revision'])),
      names.map((_, index) => index + 2),
    )
    const { body } = await ask('GET', '/v1/pools/web/backends')
    t.same(Object.keys(body as object), ['b1', 'b2', ...names])
  })
}
