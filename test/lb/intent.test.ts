import fc from 'fast-check'
import t from 'tap'
import {
  deleteBackend,
  deletePool,
  deleteVip,
  emptyIntent,
  findBackend,
  findPool,
  findVip,
  parseIntent,
  patchBackend,
  patchPool,
  patchVip,
  replace,
  setBackend,
  setPool,
  setVip,
} from '../../lb/intent.ts'
import { documents, intents } from '../arbitrary.ts'
import { refusalOf } from '../refusal.ts'

const pool = (fields: object = {}) => ({ encapsulation: { type: 'gre' }, ...fields })
const vip = (fields: object = {}) => ({
  addresses: ['198.51.100.10'],
  listeners: [{ protocol: 'tcp', port: 80 }],
  pool: 'web',
  ...fields,
})

const document = {
  pools: {
    web: pool({ backends: { b1: { address: '10.0.0.11' }, b2: { address: '10.0.0.12' } } }),
    spare: pool(),
  },
  vips: { www: vip() },
}
const intent = parseIntent(document)

t.test('an intent says what a document left open, addresses in their one text', async t => {
  const given = {
    pools: {
      web: {
        encapsulation: { type: 'geneve', vni: 7, mac: '02:00:00:00:00:AB' },
        backends: {
          b2: { address: '2001:DB8:0:0::12', weight: 0, admin: 'draining' },
          b1: { address: '10.0.0.11' },
        },
      },
      plain: { encapsulation: { type: 'gre', key: 0 }, rows: 256 },
    },
    vips: {
      www: {
        addresses: ['198.51.100.10', '2001:DB8::10'],
        listeners: [
          { protocol: 'tcp', port: 80 },
          { protocol: 'udp', port: '8000-8099' },
          { protocol: 'udp', port: '53-53' },
          { protocol: 'tcp' },
          { protocol: 'any' },
        ],
        pool: 'web',
      },
    },
  }
  t.same(parseIntent(given), {
    pools: {
      web: {
        mode: 'dsr',
        encapsulation: {
          type: 'geneve',
          vni: 7,
          port: 6081,
          ethernet: false,
          mac: '02:00:00:00:00:ab',
        },
        backends: {
          b1: { address: '10.0.0.11', weight: 1, admin: 'enabled' },
          b2: { address: '2001:db8::12', weight: 0, admin: 'draining' },
        },
        rows: 65536,
        empty: 'drop',
        probe: { type: 'none' },
      },
      plain: {
        mode: 'dsr',
        encapsulation: { type: 'gre', key: 0 },
        backends: {},
        rows: 256,
        empty: 'drop',
        probe: { type: 'none' },
      },
    },
    vips: {
      www: {
        addresses: ['198.51.100.10', '2001:db8::10'],
        listeners: [
          { protocol: 'tcp', port: 80 },
          { protocol: 'udp', port: '8000-8099' },
          { protocol: 'udp', port: 53 },
          { protocol: 'tcp' },
          { protocol: 'any' },
        ],
        hash: '5-tuple',
        pool: 'web',
      },
    },
  })
  t.same(parseIntent({}), emptyIntent)
})

t.test('an intent is its own document', async t => {
  fc.assert(
    fc.property(documents, given => {
      const once = parseIntent(given)
      t.same(parseIntent(structuredClone(once)), once)
    }),
    { numRuns: 50 },
  )
})

t.test('what does not change stays the same object', async t => {
  fc.assert(
    fc.property(intents, given => replace(given, structuredClone(given)) === given),
    { numRuns: 50 },
  )
  const changed = setBackend(intent, 'web', 'b2', { address: '10.0.0.12', weight: 5 })
  t.equal(changed.vips, intent.vips)
  t.equal(findPool(changed, 'spare'), findPool(intent, 'spare'))
  t.equal(findPool(changed, 'web').encapsulation, findPool(intent, 'web').encapsulation)
  t.equal(findBackend(changed, 'web', 'b1'), findBackend(intent, 'web', 'b1'))
  t.equal(setPool(intent, 'web', document.pools.web), intent)
  const other = replace(intent, { ...document, pools: { ...document.pools, web: pool() } })
  t.equal(findPool(other, 'spare'), findPool(intent, 'spare'))
  t.equal(findVip(other, 'www'), findVip(intent, 'www'))
})

t.test('resources are set, patched and deleted, each by itself', async t => {
  const api = setPool(intent, 'api', pool({ rows: 1024 }))
  t.equal(findPool(api, 'api').rows, 1024)
  const patched = patchPool(api, 'api', {
    rows: null,
    backends: { a: { address: '10.0.1.1' } },
  })
  t.match(findPool(patched, 'api'), { rows: 65536, backends: { a: { address: '10.0.1.1' } } })
  const drained = patchBackend(patched, 'api', 'a', { admin: 'draining' })
  t.same(findBackend(drained, 'api', 'a'), {
    address: '10.0.1.1',
    weight: 1,
    admin: 'draining',
  })
  t.same(findPool(deleteBackend(drained, 'api', 'a'), 'api').backends, {})
  t.same(deletePool(api, 'api'), intent)

  const two = setVip(intent, 'two', vip({ addresses: ['198.51.100.11'] }))
  t.same(findVip(patchVip(two, 'two', { pool: 'spare' }), 'two').pool, 'spare')
  t.same(deleteVip(two, 'two'), intent)
})

t.test('the intent that a change started from is what it was', async t => {
  const before = structuredClone(intent)
  patchPool(intent, 'web', { backends: { b1: null }, rows: 256 })
  patchVip(intent, 'www', { listeners: [{ protocol: 'any' }] })
  refusalOf(() => deletePool(intent, 'web'))
  t.same(intent, before)
})

t.test('what does not exist is missing, and what there is is told', async t => {
  const missing: readonly [() => unknown, string, string][] = [
    [() => findVip(intent, 'w'), 'unknown-vip', 'there is no vip "w"; legal: www'],
    [() => patchVip(intent, 'w', {}), 'unknown-vip', 'there is no vip "w"; legal: www'],
    [() => deleteVip(intent, 'w'), 'unknown-vip', 'there is no vip "w"; legal: www'],
    [
      () => deletePool(intent, 'constructor'),
      'unknown-pool',
      'there is no pool "constructor"; legal: web, spare',
    ],
    [
      () => patchPool(emptyIntent, 'w', {}),
      'unknown-pool',
      'there is no pool "w"; legal: none exists yet',
    ],
    [
      () => setBackend(intent, 'w', 'b', {}),
      'unknown-pool',
      'there is no pool "w"; legal: web, spare',
    ],
    [
      () => patchBackend(intent, 'web', 'b3', {}),
      'unknown-backend',
      'there is no backend "b3"; legal: b1, b2',
    ],
    [
      () => deleteBackend(intent, 'spare', 'b1'),
      'unknown-backend',
      'there is no backend "b1"; legal: none exists yet',
    ],
  ]
  for (const [action, code, message] of missing)
    t.match(refusalOf(action), { kind: 'missing', code, message, errors: [] })
})

t.test('a pool in use is not deleted, and the VIPs are named', async t => {
  const two = setVip(intent, 'two', vip({ addresses: ['198.51.100.11'] }))
  t.match(
    refusalOf(() => deletePool(two, 'web')),
    {
      kind: 'conflict',
      code: 'pool-in-use',
      errors: [
        { pointer: '/vips/www/pool', detail: /pool web is in use by vip www/ },
        { pointer: '/vips/two/pool', detail: /pool web is in use by vip two/ },
      ],
    },
  )
})

t.test('pointers lead into the whole document, whichever part was given', async t => {
  const pointersOf = (action: () => unknown) =>
    refusalOf(action).errors.map(({ pointer }) => pointer)
  t.same(
    pointersOf(() => setPool(intent, 'web', pool({ rows: 7 }))),
    ['/pools/web/rows'],
  )
  t.same(
    pointersOf(() => setVip(intent, 'www', vip({ pool: 'no' }))),
    ['/vips/www/pool'],
  )
  t.same(
    pointersOf(() => setVip(intent, 'W', vip())),
    ['/vips/W'],
  )
  t.same(
    pointersOf(() => setBackend(intent, 'web', 'B', {})),
    ['/pools/web/backends/B'],
  )
  t.same(
    pointersOf(() => patchBackend(intent, 'web', 'b1', { weight: -1 })),
    ['/pools/web/backends/b1/weight'],
  )
})
