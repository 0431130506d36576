/** The backend's side opens the tunnels that the load balancer makes. */
import t from 'tap'
import { ethernet, ipv4, ipv6, packet, raw, type Tag } from '../packet.ts'
import { cannotShape } from './arrival.ts'
import { balancing } from './balancing.ts'
import { decapsulating, opened, query, refused, tunnelled } from './decapsulating.ts'
import { DESTINATION_OPTIONS, options } from './extensions.ts'
import {
  encapsulations,
  families,
  headerOver,
  IPV4,
  IPV6,
  NEXT_HOP,
  outerOver,
  US,
} from './network.ts'
import { arriving, plain } from './plain.ts'
import { GRE, gre } from './tunnels.ts'

const sources = families.map(({ node }) => node)

const links: readonly { readonly path: { vlan?: number }; readonly tags: readonly Tag[] }[] = [
  { path: {}, tags: [] },
  { path: { vlan: 300 }, tags: [{ vlan: 300 }] },
]

for (const outer of families)
  for (const encapsulation of encapsulations)
    t.test(`what was sent inside ${encapsulation.name} over ${outer.name} arrives`, async t => {
      using backend = await decapsulating(sources)
      for (const { path, tags } of links) {
        const headers = [headerOver(outer, encapsulation, { ...path, mtu: 9000 })]
        using balancer = await balancing({ ...plain, headers })
        for (const inner of families)
          for (const size of [0, 1, 1400, 8000]) {
            const layers = [...query(inner), raw(Buffer.alloc(size, size))]
            t.same(
              await backend.run(await balancer.sent(arriving(...layers))),
              {
                action: 'pass',
                verdict: 'decapsulated',
                packet: packet(ethernet(NEXT_HOP, US, { tags }), ...layers),
              },
              `${inner.name}, ${size} bytes, ${tags.length} tags`,
            )
          }
      }
    })

const outers = families.flatMap(outer =>
  encapsulations.map(encapsulation => ({
    name: `${encapsulation.name} over ${outer.name}`,
    outer,
    encapsulation,
  })),
)

t.test('Ethernet padding behind the tunnel is not given to the host', async t => {
  using backend = await decapsulating(sources)
  for (const { name, outer, encapsulation } of outers)
    for (const inner of families) {
      const frame = tunnelled(...outerOver(outer, encapsulation), ...query(inner))
      const padded = Buffer.concat([frame, Buffer.alloc(9, 0xee)])
      t.same(await backend.run(padded), opened(...query(inner)), `${name}, ${inner.name}`)
    }
})

t.test('options and extension headers of the outer header are skipped', async t => {
  using backend = await decapsulating(sources)
  const outerHeaders = [
    [ipv4(IPV4.node, IPV4.backend, GRE, { options: Buffer.alloc(8, 1) })],
    [ipv6(IPV6.node, IPV6.backend, DESTINATION_OPTIONS), options(GRE, 32)],
  ]
  for (const outer of outerHeaders)
    for (const inner of families)
      t.same(
        await backend.run(tunnelled(...outer, gre(), ...query(inner))),
        opened(...query(inner)),
        inner.name,
      )
})

t.test('tunnels from elsewhere are dropped', async t => {
  using nobody = await decapsulating([])
  using others = await decapsulating(families.map(({ elsewhere }) => elsewhere))
  for (const { name, outer, encapsulation } of outers) {
    const frame = tunnelled(...outerOver(outer, encapsulation), ...query(IPV4))
    t.same(await nobody.run(frame), refused('drop_unknown_source'), name)
    t.same(await others.run(frame), refused('drop_unknown_source'), name)
  }
})

t.test('tunnel headers stand in the first buffer', { skip: cannotShape }, async t => {
  using backend = await decapsulating(sources)
  for (const { name, outer, encapsulation } of outers) {
    const frame = tunnelled(...outerOver(outer, encapsulation), ...query(IPV4))
    const inner = 14 + encapsulation.overhead[outer.name]
    for (const linear of [inner + 20, inner + 21, frame.length])
      t.same(await backend.run(frame, { linear }), opened(...query(IPV4)), `${name}, ${linear}`)
    for (const linear of [inner, inner + 19])
      t.same(
        await backend.run(frame, { linear }),
        refused('drop_truncated'),
        `${name}, ${linear}`,
      )
  }
})
