/** Fragments have no ports, but for the first: who takes them, and that they stay together. */
import t from 'tap'
import { HASH_3_TUPLE, HASH_5_TUPLE, HASH_SOURCE } from '../../xdp/layout.ts'
import { ipv4, ipv6, type Layer, raw, TCP, tcp, text, UDP, udp } from '../packet.ts'
import { balancing, type Outcome } from './balancing.ts'
import { FRAGMENT, fragment } from './extensions.ts'
import { type Family, families, IPV4, IPV6 } from './network.ts'
import { arriving, forwarded, plain, plainHeader } from './plain.ts'

interface Place {
  readonly offset?: number
  readonly more?: boolean
}

type Fragmented = (client: string, protocol: number, place: Place) => readonly Layer[]

const kinds: readonly { readonly family: Family; readonly fragmented: Fragmented }[] = [
  {
    family: IPV4,
    fragmented: (client, protocol, { offset = 0, more = false }) => [
      ipv4(client, IPV4.vip, protocol, { id: 9, fragmentOffset: offset, moreFragments: more }),
    ],
  },
  {
    family: IPV6,
    fragmented: (client, protocol, place) => [
      ipv6(client, IPV6.vip, FRAGMENT),
      fragment(protocol, place),
    ],
  },
]

const ports = { [TCP]: tcp(40000, 80), [UDP]: udp(40000, 80) } as const

/** The first one with the ports, one in the middle, and the last. */
const fragmentsOf = (
  fragmented: Fragmented,
  protocol: typeof TCP | typeof UDP,
  client: string,
): readonly (readonly Layer[])[] => [
  [...fragmented(client, protocol, { more: true }), ports[protocol], text('four')],
  [...fragmented(client, protocol, { offset: 24, more: true }), raw(Buffer.alloc(24, 0x50))],
  [...fragmented(client, protocol, { offset: 48 }), raw(Buffer.alloc(24))],
]

const listening = (listener: object) => ({
  ...plain,
  listeners: families.map(({ vip }) => ({ address: vip, ...listener })),
})

const dropped: Outcome = { action: 'drop', verdict: 'drop_fragment' }

const refusing = [
  { name: 'a port', setup: { protocol: UDP, port: 80, hash: HASH_3_TUPLE } },
  { name: 'any port, by 5-tuple', setup: { protocol: UDP } },
  {
    name: 'a wide range of ports',
    setup: { protocol: UDP, range: [1, 65535], hash: HASH_3_TUPLE },
  },
  { name: 'anything, by 5-tuple', setup: { hash: HASH_5_TUPLE } },
]

for (const { name, setup } of refusing)
  t.test(`a listener on ${name} takes no fragments`, async t => {
    using program = await balancing(listening(setup))
    for (const { family, fragmented } of kinds)
      for (const layers of fragmentsOf(fragmented, UDP, family.client))
        t.same(await program.run(arriving(...layers)), dropped, family.name)
  })

const accepting = [
  { name: '3-tuple', hash: HASH_3_TUPLE },
  { name: 'source', hash: HASH_SOURCE },
]

const clients = kinds.flatMap(kind =>
  [1, 2, 3, 4, 5, 6, 7, 8].map(host => ({
    ...kind,
    client: kind.family === IPV4 ? `192.0.2.${host}` : `2001:db8:1::${host}`,
  })),
)

const datagrams = clients.flatMap(({ family, fragmented, client }) =>
  ([TCP, UDP] as const).map(protocol => ({
    family,
    name: `${client}, protocol ${protocol}`,
    whole: [family.ip(client, family.vip, protocol), ports[protocol]],
    fragments: fragmentsOf(fragmented, protocol, client),
  })),
)

for (const { name, hash } of accepting)
  t.test(`fragments go where their flow goes, by ${name}`, async t => {
    const backends = Array.from({ length: 16 }, (_, at) => at + 1)
    using program = await balancing({
      ...listening({ hash }),
      headers: backends.map(() => plainHeader),
      rows: backends,
    })
    for (const { family, name, whole, fragments } of datagrams) {
      const { backend } = await program.ask(arriving(...whole))
      for (const layers of fragments)
        t.same(
          await program.run(arriving(...layers)),
          forwarded(family, layers, { backend }),
          name,
        )
    }
  })

t.test('a listener on any port of UDP takes its fragments, and no others', async t => {
  using program = await balancing(listening({ protocol: UDP, hash: HASH_3_TUPLE }))
  for (const { family, fragmented } of kinds) {
    for (const layers of fragmentsOf(fragmented, UDP, family.client))
      t.same(await program.run(arriving(...layers)), forwarded(family, layers), family.name)
    for (const layers of fragmentsOf(fragmented, TCP, family.client))
      t.same(await program.run(arriving(...layers)), dropped, family.name)
  }
})

t.test('an atomic fragment is a whole packet, whatever its reserved bits', async t => {
  using program = await balancing(listening({ protocol: UDP, port: 80 }))
  for (const reserved of [0, 2, 4, 6]) {
    const header = fragment(UDP, { offset: reserved })
    const layers = [ipv6(IPV6.client, IPV6.vip, FRAGMENT), header, ports[UDP]]
    t.same(await program.run(arriving(...layers)), forwarded(IPV6, layers), `${reserved}`)
  }
})
