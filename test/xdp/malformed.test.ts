/** Packets to a VIP that are not whole or contradict themselves: dropped, each with its reason. */
import t from 'tap'
import { ethernet, type Layer, packet, TCP, tcp, text, UDP, udp } from '../packet.ts'
import { cannotShape } from './arrival.ts'
import { balancing, type Outcome } from './balancing.ts'
import { DESTINATION_OPTIONS, HOP_BY_HOP, options } from './extensions.ts'
import { type Family, families, IPV4, IPV6, ROUTER, US } from './network.ts'
import { odditiesTo } from './oddities.ts'
import { arriving, forwarded, plain } from './plain.ts'

for (const family of families)
  t.test(`an odd ${family.name} packet is dropped with its reason`, async t => {
    using program = await balancing(plain)
    for (const { name, verdict, layers } of odditiesTo(family, family.vip))
      t.same(await program.run(arriving(...layers)), { action: 'drop', verdict }, name)
  })

t.test('a UDP datagram may be shorter than its packet', async t => {
  using program = await balancing(plain)
  for (const family of families) {
    const layers = [
      family.ip(family.client, family.vip, UDP),
      udp(5000, 53, { length: 8 }),
      text('query'),
    ]
    t.same(await program.run(arriving(...layers)), forwarded(family, layers), family.name)
  }
})

const shapes: readonly {
  readonly name: string
  readonly family: Family
  readonly layers: readonly Layer[]
  /** Where the transport header ends, from the IP header's beginning. */
  readonly headersLength: number
}[] = [
  {
    name: 'IPv4 and TCP',
    family: IPV4,
    layers: [
      IPV4.ip(IPV4.client, IPV4.vip, TCP),
      tcp(40000, 80, { options: Buffer.alloc(12, 1) }),
      text('query'),
    ],
    headersLength: 20 + 20,
  },
  {
    name: 'IPv4 and UDP',
    family: IPV4,
    layers: [IPV4.ip(IPV4.client, IPV4.vip, UDP), udp(5000, 53), text('query')],
    headersLength: 20 + 8,
  },
  {
    name: 'IPv6, two extension headers and TCP',
    family: IPV6,
    layers: [
      IPV6.ip(IPV6.client, IPV6.vip, HOP_BY_HOP),
      options(DESTINATION_OPTIONS),
      options(TCP, 16),
      tcp(40000, 80),
      text('query'),
    ],
    headersLength: 40 + 8 + 16 + 20,
  },
  {
    name: 'IPv6 and UDP',
    family: IPV6,
    layers: [IPV6.ip(IPV6.client, IPV6.vip, UDP), udp(5000, 53), text('query')],
    headersLength: 40 + 8,
  },
]

const frames = shapes.flatMap(shape =>
  [[], [{ vlan: 100 }], [{ type: 0x88a8, vlan: 200 }, { vlan: 100 }]].map(tags => ({
    ...shape,
    name: `${shape.name} behind ${tags.length} tags`,
    frame: packet(ethernet(US, ROUTER, { tags }), ...shape.layers),
    linkLength: 14 + 4 * tags.length,
  })),
)

const drop: Outcome = { action: 'drop', verdict: 'drop_truncated' }

for (const { name, family, layers, frame, linkLength } of frames)
  t.test(`cut anywhere, ${name} is not forwarded`, async t => {
    using program = await balancing(plain)
    const addressed = linkLength + family.headerLength

    for (let length = 14; length < frame.length; length++) {
      const packet = frame.subarray(0, length)
      const expected =
        length < addressed ? { action: 'pass', verdict: 'pass_not_ip', packet } : drop
      t.same(await program.run(packet), expected, `${length} bytes`)
    }
    t.same(await program.run(frame), forwarded(family, layers))
  })

t.test('headers stand in the first of several buffers', { skip: cannotShape }, async t => {
  using program = await balancing(plain)
  for (const { name, family, layers, frame, linkLength, headersLength } of frames) {
    const pass: Outcome = { action: 'pass', verdict: 'pass_not_ip', packet: frame }
    const addressed = linkLength + family.headerLength
    const balanced = linkLength + headersLength

    for (let linear = 0; linear <= frame.length; linear++) {
      const cut = linear < addressed ? pass : drop
      const expected = linear < balanced ? cut : forwarded(family, layers)
      t.same(await program.run(frame, { linear }), expected, `${name}, ${linear} bytes`)
    }
  }
})
