/** Clients and ports come in sequences; rows must not notice. */
import t from 'tap'
import { HASH_5_TUPLE } from '../../xdp/layout.ts'
import { balancing } from './balancing.ts'
import { BACKENDS, backendsOf, type Flow, ipv4Text, ipv6Text, sharing } from './flows.ts'
import { type Family, IPV4, IPV6 } from './network.ts'

const FLOWS = 2048

/** Of 255 degrees of freedom: chance exceeds it once in a million times. */
const LIMIT = 372

const NETWORK = 0x2001_0db8n << 96n

const sequences: readonly {
  readonly name: string
  readonly family: Family
  readonly flow: (at: number) => Flow
}[] = [
  {
    name: 'neighbouring IPv4 clients',
    family: IPV4,
    flow: at => ({ client: ipv4Text(0x0a000000 + at) }),
  },
  {
    name: 'one client in each /24',
    family: IPV4,
    flow: at => ({ client: ipv4Text(0x0a000001 + (at << 8)) }),
  },
  {
    name: 'the ports of one IPv4 client',
    family: IPV4,
    flow: at => ({ ports: [1024 + at, 443] }),
  },
  {
    name: 'every other port of one IPv4 client, as Linux connects',
    family: IPV4,
    flow: at => ({ ports: [32768 + 2 * at, 443] }),
  },
  {
    name: '64 ports of 64 IPv4 clients',
    family: IPV4,
    flow: at => ({ client: ipv4Text(0x0a000000 + (at >> 6)), ports: [40000 + (at & 63), 443] }),
  },
  {
    name: 'IPv4 clients and ports in step',
    family: IPV4,
    flow: at => ({ client: ipv4Text(0x0a000000 + at), ports: [1024 + at, 443] }),
  },
  {
    name: 'all ports of a VIP',
    family: IPV4,
    flow: at => ({ ports: [40000, at] }),
  },
  {
    name: 'neighbouring IPv6 interface identifiers',
    family: IPV6,
    flow: at => ({ client: ipv6Text(NETWORK + BigInt(at)) }),
  },
  {
    name: 'one client in each /64',
    family: IPV6,
    flow: at => ({ client: ipv6Text(NETWORK + (BigInt(at) << 64n) + 1n) }),
  },
  {
    name: 'one client in each /56',
    family: IPV6,
    flow: at => ({ client: ipv6Text(NETWORK + (BigInt(at) << 72n) + 1n) }),
  },
  {
    name: 'modified EUI-64 interface identifiers of one vendor',
    family: IPV6,
    flow: at => ({ client: ipv6Text(NETWORK + 0x0000_5eff_fe00_0000n + BigInt(at)) }),
  },
  {
    name: 'the ports of one IPv6 client',
    family: IPV6,
    flow: at => ({ ports: [1024 + at, 443] }),
  },
  {
    name: '64 ports of 64 IPv6 clients',
    family: IPV6,
    flow: at => ({
      client: ipv6Text(NETWORK + BigInt(at >> 6)),
      ports: [4096 + (at & 63), 443],
    }),
  },
]

function chiSquare(backends: readonly number[]): number {
  const expected = backends.length / BACKENDS
  const counts = new Array<number>(BACKENDS + 1).fill(0)
  for (const backend of backends) counts[backend] = (counts[backend] ?? 0) + 1
  return counts.slice(1).reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

const key = (...words: readonly bigint[]) => new Uint8Array(BigUint64Array.from(words).buffer)

const settings = [
  { name: 'the low byte of the row', setup: sharing(HASH_5_TUPLE, 'low') },
  { name: 'the high byte of the row', setup: sharing(HASH_5_TUPLE, 'high') },
  {
    // With one round of mixing for the ports, this one put 4,096 of them into 489 rows.
    name: 'the low byte of the row, with an unlucky key',
    setup: {
      ...sharing(HASH_5_TUPLE, 'low'),
      hashKey: key(0x08348a38ffffb817n, 0xd1ea4f51ba9c95e7n),
    },
  },
]

for (const setting of settings)
  t.test(`flows share the rows evenly, by ${setting.name}`, async t => {
    using program = await balancing(setting.setup)
    for (const { name, family, flow } of sequences) {
      const flows = Array.from({ length: FLOWS }, (_, at) => flow(at))
      const unevenness = chiSquare(await backendsOf(program, family, flows))
      t.ok(unevenness < LIMIT, `${name}: ${unevenness.toFixed()}`)
    }
  })
