/** What a flow is, by each policy. */
import t from 'tap'
import { HASH_3_TUPLE, HASH_5_TUPLE, HASH_SOURCE } from '../../xdp/layout.ts'
import { ACK, SYN, TCP, UDP } from '../packet.ts'
import { balancing } from './balancing.ts'
import { backendsOf, type Flow, ipv4Text, ipv6Text, sharing } from './flows.ts'
import { type Family, families, IPV4, IPV6 } from './network.ts'

const policies = [
  { name: '5-tuple', hash: HASH_5_TUPLE },
  { name: '3-tuple', hash: HASH_3_TUPLE },
  { name: 'source', hash: HASH_SOURCE },
]

/** Each way to change a packet, and the policies to which it is another flow then. */
const changes: readonly {
  readonly what: string
  readonly matters: readonly string[]
  readonly flow: (at: number, family: Family) => Flow
}[] = [
  {
    what: 'the source address',
    matters: ['5-tuple', '3-tuple', 'source'],
    flow: (at, family) => ({
      client: family === IPV4 ? `192.0.2.${at}` : `2001:db8:1::${at.toString(16)}`,
    }),
  },
  {
    what: 'the destination address',
    matters: ['5-tuple', '3-tuple'],
    flow: (at, { vip, elsewhere }) => ({ vip: at % 2 ? vip : elsewhere }),
  },
  {
    what: 'the protocol',
    matters: ['5-tuple', '3-tuple'],
    flow: at => ({ protocol: at % 2 ? TCP : UDP }),
  },
  {
    what: 'the source port',
    matters: ['5-tuple'],
    flow: at => ({ ports: [40000 + at, 80] }),
  },
  {
    what: 'the destination port',
    matters: ['5-tuple'],
    flow: at => ({ ports: [40000, 80 + at] }),
  },
  { what: 'the TTL', matters: [], flow: at => ({ ttl: 1 + at }) },
  { what: 'the traffic class', matters: [], flow: at => ({ trafficClass: at }) },
  { what: 'TCP flags', matters: [], flow: at => ({ flags: at % 2 ? SYN : ACK }) },
  { what: 'the payload', matters: [], flow: at => ({ payload: 'x'.repeat(at) }) },
]

for (const { name, hash } of policies)
  t.test(`${name}: these fields and no others tell flows apart`, async t => {
    using program = await balancing(sharing(hash))
    for (const family of families)
      for (const { what, matters, flow } of changes) {
        const flows = Array.from({ length: 32 }, (_, at) => flow(at, family))
        const backends = new Set(await backendsOf(program, family, flows))
        t.equal(backends.size > 1, matters.includes(name), `${family.name}: ${what}`)
      }
  })

t.test('every bit of an address and of a port counts', async t => {
  using program = await balancing(sharing(HASH_5_TUPLE))
  const bits = (count: number) => Array.from({ length: count }, (_, bit) => bit)
  const ipv6Base = 0x2001_0db8_0001_0002_0003_0004_0005_0006n
  const flips = [
    {
      family: IPV4,
      flow: { client: ipv4Text(0xc0000207) },
      flipped: bits(32).map(bit => ({ client: ipv4Text(0xc0000207 ^ (1 << bit)) })),
    },
    {
      family: IPV6,
      flow: { client: ipv6Text(ipv6Base) },
      flipped: bits(128).map(bit => ({ client: ipv6Text(ipv6Base ^ (1n << BigInt(bit))) })),
    },
    ...families.flatMap(family => [
      {
        family,
        flow: {},
        flipped: bits(16).map(bit => ({ ports: [40000 ^ (1 << bit), 80] as const })),
      },
      {
        family,
        flow: {},
        flipped: bits(16).map(bit => ({ ports: [40000, 80 ^ (1 << bit)] as const })),
      },
    ]),
  ]
  for (const { family, flow, flipped } of flips) {
    const [before] = await backendsOf(program, family, [flow])
    const same = (await backendsOf(program, family, flipped)).filter(after => after === before)
    // One flip in 256 leads to the same backend by chance.
    t.ok(same.length <= 3, `${family.name}: ${same.length} of ${flipped.length} go unnoticed`)
  }
})

t.test('another key, other rows', async t => {
  const hashKey = new Uint8Array(
    BigUint64Array.of(0x1234567890abcdefn, 0xfedcba0987654321n).buffer,
  )
  using one = await balancing(sharing(HASH_5_TUPLE))
  using other = await balancing({ ...sharing(HASH_5_TUPLE), hashKey })
  const flows = Array.from({ length: 256 }, (_, at) => ({ ports: [1024 + at, 80] as const }))
  for (const family of families) {
    const before = await backendsOf(one, family, flows)
    const after = await backendsOf(other, family, flows)
    const same = after.filter((backend, at) => backend === before[at])
    t.ok(same.length < 10, `${family.name}: ${same.length} of 256 flows stay`)
  }
})
