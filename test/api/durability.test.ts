import fc from 'fast-check'
import t from 'tap'
import type { Balancer } from '../../lb/balancer.ts'
import { compile } from '../../lb/compile.ts'
import { parseIntent } from '../../lb/intent.ts'
import { Pins } from '../../lb/kernel/pins.ts'
import { openTables, readTables } from '../../lb/kernel/reader.ts'
import type { Node } from '../../lb/node.ts'
import { readChecked } from '../../lb/store/durable.ts'
import type { Tables } from '../../lb/tables.ts'
import { node as nodeRecord, vip, vipKey } from '../../xdp/layout.ts'
import { documents } from '../arbitrary.ts'
import {
  type Ask,
  asking,
  MERGE,
  newNode,
  onAppliance,
  reachable,
  start,
  web,
  www,
} from './appliance.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const entries = <K, V, W>(map: ReadonlyMap<K, V>, value: (value: V) => W) =>
  [...map].map(([key, one]) => [String(key), value(one)] as const)

/** Tables as text, so that two of them can be compared whatever they are made of. */
function plain({ addresses, vips, rows, backends, egress, node }: Tables) {
  const sorted = <T>(all: (readonly [string, T])[]) => Object.fromEntries(all.sort())
  return {
    addresses: sorted(entries(addresses, hex)),
    vips: sorted(entries(vips, hex)),
    rows: sorted(entries(rows, all => [...all].join())),
    backends: sorted(
      entries(backends, ({ header, generation }) => `${generation} ${hex(header)}`),
    ),
    egress: [...egress],
    node: hex(node),
  }
}

/** What the kernel holds. */
function held(balancer: Balancer, node: Node) {
  const tables = openTables(new Pins(node.pins), balancer.programs.maps.tables)
  try {
    return plain(readTables(balancer.programs.maps, tables))
  } finally {
    for (const table of tables.values()) table.close()
  }
}

/** What it should hold: compiled from the configuration as the API tells it, from nothing else. */
async function wanted(balancer: Balancer, node: Node, ask: Ask) {
  const intent = parseIntent((await ask('GET', '/v1/config')).body)
  const { pools, allocation, tables } = balancer.compiled
  const paths = new Map(
    [...pools.values()].flatMap(({ backends }) =>
      backends.flatMap(({ backend, path }) => (path ? [[backend.address, path] as const] : [])),
    ),
  )
  const { source } = nodeRecord.unpack(tables.node)
  const seed = (await readChecked(`${node.store}/seed`)) ?? new Uint8Array()
  const observed = { paths, local: new Set<string>(), sources: source }
  return plain(
    compile(intent, observed, { seed, capacity: node.capacity }, { allocation }).tables,
  )
}

/** Of a write that cannot be: among them 507, for large configurations come by too. */
const EXPECTED = [400, 404, 409, 507]

const poolNames = fc.constantFrom('web', 'dns', 'mail')
const vipNames = fc.constantFrom('www', 'ns', 'mx')
const backendNames = fc.constantFrom('b1', 'b2', 'b3', 'b4')
const hosts = fc.integer({ min: 1, max: 9 })

const backendBodies = fc.record({
  address: hosts.map(host => `10.0.0.${host}`),
  weight: fc.integer({ min: 0, max: 3 }),
  admin: fc.constantFrom('enabled', 'draining', 'disabled'),
})

const poolBodies = fc.record({
  encapsulation: fc.constantFrom({ type: 'gre' }, { type: 'geneve', vni: 7 }),
  backends: fc.dictionary(backendNames, backendBodies, { noNullPrototype: true }),
  rows: fc.constantFrom(256, 512),
})

const vipBodies = fc.record({
  addresses: hosts.map(host => [`198.51.100.${host}`, `2001:db8::${host}`]),
  listeners: fc.constantFrom([{ protocol: 'tcp', port: 80 }], [{ protocol: 'any' }]),
  pool: poolNames,
  hash: fc.constantFrom('5-tuple', 'source'),
})

type Step = readonly [method: 'PUT' | 'PATCH' | 'POST' | 'DELETE', path: string, body?: object]

const step = (
  method: Step[0],
  path: fc.Arbitrary<string>,
  body: fc.Arbitrary<object | undefined> = fc.constant(undefined),
): fc.Arbitrary<Step> => fc.tuple(fc.constant(method), path, body) as fc.Arbitrary<Step>

const vipPaths = vipNames.map(name => `/v1/vips/${name}`)
const poolPaths = poolNames.map(name => `/v1/pools/${name}`)
const backendPaths = fc
  .tuple(poolPaths, backendNames)
  .map(([pool, name]) => `${pool}/backends/${name}`)
const rollbacks = fc.integer({ min: 1, max: 20 }).map(n => `/v1/revisions/${n}/rollback`)

const steps = fc.oneof(
  { weight: 3, arbitrary: step('PUT', vipPaths, vipBodies) },
  { weight: 3, arbitrary: step('PUT', poolPaths, poolBodies) },
  { weight: 4, arbitrary: step('PUT', backendPaths, backendBodies) },
  {
    weight: 2,
    arbitrary: step(
      'PATCH',
      backendPaths,
      fc.record({ weight: fc.integer({ min: 0, max: 9 }) }),
    ),
  },
  { weight: 2, arbitrary: step('DELETE', vipPaths) },
  { weight: 2, arbitrary: step('DELETE', poolPaths) },
  { weight: 2, arbitrary: step('DELETE', backendPaths) },
  { weight: 1, arbitrary: step('PUT', fc.constant('/v1/config'), documents) },
  { weight: 1, arbitrary: step('POST', rollbacks) },
)

if (await onAppliance(t, import.meta.filename)) {
  t.test('whatever is asked for, the kernel holds what was accepted', async t => {
    const node = newNode(t)
    await using appliance = await start(node)
    const ask = asking(appliance.app)
    const { balancer } = appliance
    const number = () => balancer.store.head()?.number ?? 0
    const take = async ([method, path, body]: Step) => {
      const before = number()
      const name = `${method} ${path} ${JSON.stringify(body)}`
      const { status, headers } = await ask(method, path, body, method === 'PATCH' ? MERGE : {})
      const isDone = status < 300
      t.ok(isDone || EXPECTED.includes(status), `${name}: ${status}`)
      t.equal(isDone ? number() : before, isDone ? Number(headers['weir-revision']) : number())
      t.ok(number() - before <= 1, 'a write is a revision at the most')
      t.same(held(balancer, node), await wanted(balancer, node, ask), name)
    }
    const run = async (sequence: readonly Step[]) => {
      for (const one of sequence) await take(one)
    }
    const sequences = fc.array(steps, { minLength: 25, maxLength: 40 })
    await fc.assert(fc.asyncProperty(sequences, run), { numRuns: 4, endOnFailure: true })
  })

  t.test('what the kernel refuses is undone, and told', async t => {
    const node = newNode(t)
    await using appliance = await start(node)
    const ask = asking(appliance.app)
    await ask('PUT', '/v1/pools/web', web)
    await reachable(appliance.balancer)
    const before = held(appliance.balancer, node)
    const { vips } = appliance.balancer.programs.maps
    for (let port = 0; port < vips.shape.maxEntries; port++) {
      const address = Uint8Array.from({ length: 16 }, () => 0xff)
      vips.set(vipKey.pack({ address, port, protocol: 1 }), new Uint8Array(vip.size))
    }
    t.match(await ask('PUT', '/v1/vips/www', www), {
      status: 500,
      headers: { 'content-type': /^application\/problem\+json/ },
      body: {
        title: 'Internal Server Error',
        code: 'kernel-e2big',
        detail: /Argument list too/,
      },
    })
    t.match(await ask('GET', '/v1/vips/www'), { status: 404 })
    t.same(held(appliance.balancer, node), before, 'strangers are gone too')
    t.match(await ask('PUT', '/v1/vips/www', www), { status: 201 })
  })

  t.test('a restart finds everything, and disturbs nothing', async t => {
    const node = newNode(t)
    const config = { pools: { web }, vips: { www } }
    const before = await (async () => {
      await using appliance = await start(node)
      const ask = asking(appliance.app)
      await ask('PUT', '/v1/config', config)
      await reachable(appliance.balancer)
      const { id } = appliance.balancer.programs.loadBalance.shape
      const { body, headers } = await ask('GET', '/v1/config')
      return { id, body, headers, held: held(appliance.balancer, node) }
    })()

    await using appliance = await start(node)
    const ask = asking(appliance.app)
    t.match(await ask('GET', '/v1/config'), {
      body: before.body,
      headers: { etag: before.headers['etag'] },
    })
    t.match(await ask('GET', '/v1/node'), {
      body: { revision: 1, program: { id: before.id, adopted: true } },
    })
    t.same(held(appliance.balancer, node), before.held)
    t.match(await ask('PUT', '/v1/config', config), { headers: { 'weir-revision': '1' } })
    t.match(await ask('DELETE', '/v1/vips/www'), { headers: { 'weir-revision': '2' } })
  })
}
