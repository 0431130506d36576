import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { parseAddress } from '../../lb/address.ts'
import { emptyAllocation } from '../../lb/allocation.ts'
import { type Compiled, compile, type Observed } from '../../lb/compile.ts'
import { diff, type Write } from '../../lb/diff.ts'
import type { Path } from '../../lb/header/build.ts'
import { emptyIntent, type Intent } from '../../lb/intent.ts'
import { intents } from '../arbitrary.ts'
import { Model, noTables, plain } from './model.ts'

const ground = {
  seed: new Uint8Array(32).fill(7),
  capacity: { vips: 4096, backends: 256, tables: 64, pins: 16 },
}
const nowhere = new Uint8Array(16)
const found = new Map<string, Path>()

/** The same object each time, as long as nothing changed: so does whoever follows the network. */
function pathTo(address: string): Path {
  const path = found.get(address) ?? newPath(address)
  found.set(address, path)
  return path
}

function newPath(address: string): Path {
  const destination = parseAddress(address)
  const last = destination.at(-1) ?? 0
  return {
    // Two interfaces, so that there is something to redirect to.
    egress: 2 + (last % 2),
    mtu: 1500,
    sourceMac: Uint8Array.of(2, 0, 0, 0, 0, 1),
    nextHopMac: Uint8Array.of(2, 0, 0, 0, 1, last),
    source: destination,
    destination,
  }
}

/** As if every backend but those that end in .0 had been found. */
function observe(intent: Intent): Observed {
  const paths = new Map<string, Path>()
  for (const { backends } of Object.values(intent.pools))
    for (const { address } of Object.values(backends))
      if (parseAddress(address).at(-1)) paths.set(address, pathTo(address))
  return { paths, local: new Set(), sources: [nowhere, nowhere] }
}

const compiled = (intent: Intent, previous: Parameters<typeof compile>[3]) =>
  compile(intent, observe(intent), ground, previous)

const fresh = (intent: Intent) => compiled(intent, { allocation: emptyAllocation })

const runs = { numRuns: 40, endOnFailure: true }

t.test(
  'the same intent compiles to the same tables, and then there is nothing to write',
  async t => {
    fc.assert(
      fc.property(intents, intent => {
        const first = fresh(intent)
        const second = compiled(intent, first)
        t.ok(isDeepStrictEqual(plain(second.tables), plain(first.tables)))
        t.same(diff(first.tables, second.tables), [])
        t.same(
          diff(fresh(intent).tables, second.tables),
          [],
          'nor from what another start made',
        )
      }),
      runs,
    )
  },
)

t.test(
  'the writes lead from any state to any other, and nothing dangles on the way',
  async t => {
    fc.assert(
      fc.property(fc.array(intents, { minLength: 2, maxLength: 4 }), states => {
        const model = new Model(noTables)
        let before: Parameters<typeof compile>[3] = { allocation: emptyAllocation }
        let tables = noTables
        for (const intent of [...states, emptyIntent]) {
          const after: Compiled = compiled(intent, before)
          const writes = diff(tables, after.tables)
          for (const [at, write] of writes.entries()) {
            model.apply(write)
            if (writes[at + 1]?.kind !== write.kind) model.checkNothingDangles()
          }
          t.ok(isDeepStrictEqual(plain(model), plain(after.tables)))
          before = after
          tables = after.tables
        }
        t.same(plain(model), plain({ ...noTables, node: model.node }))
      }),
      runs,
    )
  },
)

t.test(
  'what is taken away waits for a grace period, after nothing names it any more',
  async t => {
    fc.assert(
      fc.property(intents, intents, (one, other) => {
        const before = fresh(one)
        const kinds = diff(before.tables, compiled(other, before).tables).map(
          ({ kind }) => kind,
        )
        const last = (...wanted: Write['kind'][]) =>
          kinds.findLastIndex(kind => wanted.includes(kind))
        const first = (...wanted: Write['kind'][]) =>
          kinds.findIndex(kind => wanted.includes(kind))
        const removal = first('remove-rows', 'clear-backend', 'remove-egress')
        if (removal < 0) return
        t.equal(kinds[removal - 1], 'grace')
        t.ok(last('delete-vip', 'delete-address', 'set-vip', 'change-rows') < removal)
      }),
      runs,
    )
  },
)

t.test(
  'indices stay with their names, and a freed one comes back as another generation',
  async t => {
    fc.assert(
      fc.property(intents, intents, (one, other) => {
        const before = fresh(one)
        const after = compiled(other, before)
        for (const [name, place] of after.allocation.backends) {
          const old = before.allocation.backends.get(name)
          if (old) t.same(place, old)
          else
            t.notOk(
              [...before.allocation.backends.values()].some(
                ({ index }) => index === place.index,
              ),
              'an index that is freed in this change is not given out in it',
            )
        }
        const places = [...after.allocation.backends.values()].map(({ index }) => index)
        t.equal(new Set(places).size, places.length)
        const generations = [...after.allocation.backends.values()].map(
          place => place.generation,
        )
        t.equal(new Set(generations).size, generations.length)
      }),
      runs,
    )
  },
)

t.test('a change of one weight touches the rows of its pool, and nothing else', async t => {
  const backends = Object.fromEntries(
    ['a', 'b', 'c'].map((name, at) => [
      name,
      { address: `10.0.0.${at + 1}`, weight: 10, admin: 'enabled' as const },
    ]),
  )
  const pool = {
    mode: 'dsr',
    encapsulation: { type: 'gre' },
    backends,
    rows: 256,
    empty: 'drop',
    probe: { type: 'none' },
  } as const
  const intent: Intent = { pools: { one: pool, two: pool }, vips: {} }
  const before = fresh(intent)
  const a = { address: '10.0.0.1', weight: 20, admin: 'enabled' as const }
  const changed = { ...pool, backends: { ...backends, a } }
  const after = compiled({ ...intent, pools: { ...intent.pools, one: changed } }, before)
  const writes = diff(before.tables, after.tables)
  t.same(
    writes.map(({ kind }) => kind),
    ['change-rows'],
  )
  t.ok(after.pools.get('two') === before.pools.get('two'), 'the other pool is the same object')
})
