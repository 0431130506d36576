/** Each tunnel, over each family, around each family: whole packets. */
import t from 'tap'
import { ACK, ethernet, packet, SYN, type Tag, TCP, tcp, text, UDP, udp } from '../packet.ts'
import { balancing } from './balancing.ts'
import {
  encapsulations,
  families,
  headerOver,
  NEXT_HOP,
  outerOver,
  ROUTER,
  US,
} from './network.ts'
import { plain } from './plain.ts'

const taggings: readonly (readonly Tag[])[] = [
  [],
  [{ vlan: 100 }],
  [{ type: 0x88a8, vlan: 2000 }, { vlan: 0xe064 }],
]

const transports = [
  { protocol: TCP, layer: tcp(40000, 80, { flags: SYN }), verdict: 'forwarded_syn' },
  { protocol: TCP, layer: tcp(40000, 80, { flags: SYN | ACK }), verdict: 'forwarded' },
  { protocol: UDP, layer: udp(40000, 80), verdict: 'forwarded' },
] as const

const arrivals = families.flatMap((inner, at) =>
  taggings.flatMap(tags =>
    transports.map(({ protocol, layer, verdict }) => ({
      name: `${inner.name}, ${tags.length} tags, protocol ${protocol}, ${verdict}`,
      tags,
      query: [inner.ip(inner.client, inner.vip, protocol), layer, text('query')],
      carried: { df: inner.name === 'IPv6' },
      answer: { action: 'tx', verdict, vip: at + 1, backend: 1 },
    })),
  ),
)

const links = [
  { name: 'an untagged link', path: {}, tags: [] },
  { name: 'a VLAN', path: { vlan: 300 }, tags: [{ vlan: 300 }] },
]

for (const outer of families)
  for (const encapsulation of encapsulations)
    for (const link of links) {
      const way = `${encapsulation.name} over ${outer.name} by ${link.name}`

      t.test(`packets leave inside ${way}, themselves unchanged`, async t => {
        using program = await balancing({
          ...plain,
          headers: [headerOver(outer, encapsulation, link.path)],
        })
        for (const { name, tags, query, carried, answer } of arrivals)
          t.same(
            await program.run(packet(ethernet(US, ROUTER, { tags }), ...query)),
            {
              ...answer,
              packet: packet(
                ethernet(NEXT_HOP, US, { tags: link.tags }),
                ...outerOver(outer, encapsulation, carried),
                ...query,
              ),
            },
            name,
          )
      })
    }
