import t from 'tap'
import {
  deleteVip,
  type Intent,
  parseIntent,
  patchBackend,
  patchVip,
  setBackend,
  setPool,
  setVip,
} from '../../lb/intent.ts'
import { refusalOf } from '../refusal.ts'

const pool = (fields: object = {}) => ({ encapsulation: { type: 'gre' }, ...fields })
const vip = (fields: object = {}) => ({
  addresses: ['198.51.100.10'],
  listeners: [{ protocol: 'tcp', port: 80 }],
  pool: 'web',
  ...fields,
})

const listening = (listeners: readonly object[]) => ({
  pools: { web: pool() },
  vips: { www: vip({ listeners }) },
})

const intent = parseIntent({
  pools: { web: pool({ backends: { b1: { address: '10.0.0.11' } } }) },
  vips: { www: vip() },
})

t.test('a pool has a row at least for each backend', async t => {
  const all = Array.from({ length: 256 }, (_, host) => [
    `b${host}`,
    { address: `10.0.1.${host}` },
  ])
  const full = pool({ rows: 256, backends: Object.fromEntries(all) })
  const last = { address: '10.7.7.7' }
  const detail = '257 backends are not legal; legal: at most one for each of the 256 rows'
  t.match(
    refusalOf(() => setBackend(setPool(intent, 'full', full), 'full', 'one', last)),
    {
      kind: 'invalid',
      code: 'too-many-backends',
      errors: [{ pointer: '/pools/full/backends', detail }],
    },
  )
})

t.test('a backend at the address of a VIP is a loop, whichever came first', async t => {
  const loop = {
    kind: 'conflict',
    code: 'address-loop',
    errors: [
      { pointer: '/pools/web/backends/b1/address', detail: /is an address of a VIP; legal: / },
      { pointer: '/vips/www/addresses/0', detail: /is the address of a backend; legal: / },
    ],
  }
  t.match(
    refusalOf(() => patchBackend(intent, 'web', 'b1', { address: '198.51.100.10' })),
    loop,
  )
  t.match(
    refusalOf(() => patchVip(intent, 'www', { addresses: ['10.0.0.11'] })),
    loop,
  )
})

t.test('two listeners that want the same packets are refused, both named', async t => {
  const tcp = (port?: number | string) => ({ protocol: 'tcp', ...(port && { port }) })
  const pairs: readonly [object, object, RegExp][] = [
    [tcp(80), tcp(80), /tcp 80 of vip \w+ on 198\.51\.100\.10 meets tcp 80 of vip/],
    [tcp('80-90'), tcp(85), /tcp 85 of vip/],
    [tcp('80-90'), tcp('90-100'), /tcp 90-100 of vip/],
    [
      tcp(),
      tcp(),
      /tcp any port of vip .*; legal: one listener for any port or for more than 1024/,
    ],
    [tcp(), tcp('1-2000'), /tcp 1-2000 of vip .*; legal: one listener for any port/],
    [
      tcp('1-2000'),
      tcp('3000-5000'),
      /; legal: one listener for any port or for more than 1024/,
    ],
    [{ protocol: 'any' }, { protocol: 'any' }, /protocol any of vip/],
  ]
  for (const [one, other, detail] of pairs) {
    const first = setVip(intent, 'www', vip({ listeners: [one] }))
    const pointers = ['/vips/other/listeners/0', '/vips/www/listeners/0']
    const refusal = refusalOf(() => setVip(first, 'other', vip({ listeners: [other] })))
    t.match(refusal, { kind: 'conflict', code: 'listener-conflict' })
    t.match(refusal.message, detail)
    t.same(refusal.errors.map(({ pointer }) => pointer).sort(), pointers)
    t.match(
      refusalOf(() => parseIntent(listening([one, other]))),
      {
        kind: 'invalid',
        code: 'listener-conflict',
      },
    )
  }
})

t.test('listeners may share an address where the more specific one wins', async t => {
  const all = [
    { protocol: 'tcp', port: 80 },
    { protocol: 'tcp', port: '81-1104' },
    { protocol: 'tcp', port: '1-65535' },
    { protocol: 'udp', port: 80 },
    { protocol: 'udp' },
    { protocol: 'any' },
  ]
  const each = all.reduce<Intent>(
    (so, listener, index) => setVip(so, `v${index}`, vip({ listeners: [listener] })),
    deleteVip(intent, 'www'),
  )
  t.equal(Object.keys(each.vips).length, all.length)
  t.same(parseIntent(listening(all)).vips['www']?.listeners, all)
})
