/** What is not for a VIP is none of our business: it passes, not one byte changed. */
import t from 'tap'
import { ethernet, fields, packet, raw, type Tag, TCP, tcp, text, UDP, udp } from '../packet.ts'
import { balancing } from './balancing.ts'
import { families, IPV4, ROUTER, US } from './network.ts'
import { odditiesTo } from './oddities.ts'
import { arriving, plain } from './plain.ts'

const wholesome = families.flatMap(({ ip, client, elsewhere, vip }) => [
  [ip(client, elsewhere, TCP), tcp(40000, 80), text('query')],
  [ip(client, elsewhere, UDP), udp(5000, 53), text('query')],
  // Answers of a VIP are for somebody else, even of one of ours.
  [ip(vip, client, TCP), tcp(80, 40000), text('answer')],
])

t.test('a packet to no VIP passes, padding and tags and all', async t => {
  using program = await balancing(plain)
  const taggings: readonly (readonly Tag[])[] = [[], [{ vlan: 7 }], [{ vlan: 7 }, { vlan: 8 }]]
  for (const layers of wholesome)
    for (const tags of taggings)
      for (const padding of [0, 1, 40]) {
        const frame = packet(
          ethernet(US, ROUTER, { tags }),
          ...layers,
          raw(Buffer.alloc(padding, 0xee)),
        )
        const expected = { action: 'pass', verdict: 'pass_not_vip', packet: frame }
        t.same(await program.run(frame), expected)
      }
})

t.test('whatever is odd about a packet to no VIP, it passes', async t => {
  using program = await balancing(plain)
  for (const family of families)
    for (const { name, layers } of odditiesTo(family, family.elsewhere)) {
      const frame = arriving(...layers)
      const expected = { action: 'pass', verdict: 'pass_not_vip', packet: frame }
      t.same(await program.run(frame), expected, `${family.name}: ${name}`)
    }
})

t.test('an address of the host itself is the host’s, odd packets too', async t => {
  using program = await balancing({ ...plain, local: families.map(({ vip }) => vip) })
  for (const family of families) {
    const { ip, client, vip } = family
    const arrivals = [
      { name: 'wholesome', layers: [ip(client, vip, TCP), tcp(40000, 80)] },
      ...odditiesTo(family, vip),
    ]
    for (const { name, layers } of arrivals) {
      const frame = arriving(...layers)
      const expected = { action: 'pass', verdict: 'pass_local', packet: frame }
      t.same(await program.run(frame), expected, `${family.name}: ${name}`)
    }
  }
})

const linkPayload = raw(Buffer.alloc(46, 0x5a))
const arp = raw(
  Buffer.concat([
    fields([16, 1], [16, 0x0800], [8, 6], [8, 4], [16, 1]),
    Buffer.from('020000000009', 'hex'),
    Buffer.from([192, 0, 2, 7]),
    Buffer.alloc(6),
    Buffer.from([198, 51, 100, 10]),
  ]),
)
const toVip = [IPV4.ip(IPV4.client, IPV4.vip, UDP), udp(5000, 53)]

const notIp = [
  { name: 'ARP for a VIP', frame: packet(ethernet(US, ROUTER, { type: 0x0806 }), arp) },
  {
    name: 'LLDP',
    frame: packet(ethernet('01:80:c2:00:00:0e', ROUTER, { type: 0x88cc }), linkPayload),
  },
  {
    name: 'a spanning tree frame, with a length for a type',
    frame: packet(ethernet('01:80:c2:00:00:00', ROUTER, { type: 38 }), linkPayload),
  },
  { name: 'MPLS', frame: packet(ethernet(US, ROUTER, { type: 0x8847 }), linkPayload) },
  {
    name: 'a PPPoE session',
    frame: packet(ethernet(US, ROUTER, { type: 0x8864 }), linkPayload, ...toVip),
  },
  { name: 'an Ethernet header alone', frame: packet(ethernet(US, ROUTER, { type: 0x0800 })) },
  {
    name: 'three tags',
    frame: packet(
      ethernet(US, ROUTER, { tags: [{ vlan: 1 }, { vlan: 2 }, { vlan: 3 }] }),
      ...toVip,
    ),
  },
  {
    name: 'half a tag',
    frame: packet(ethernet(US, ROUTER, { type: 0x8100 }), raw(Buffer.alloc(3))),
  },
  {
    name: 'half a second tag',
    frame: packet(
      ethernet(US, ROUTER, { tags: [{ vlan: 1 }], type: 0x8100 }),
      raw(Buffer.alloc(2)),
    ),
  },
  ...families.map(({ name, ip, client, vip, headerLength }) => ({
    name: `an ${name} header that lacks a byte`,
    frame: arriving(ip(client, vip, UDP), udp(5000, 53)).subarray(0, 14 + headerLength - 1),
  })),
]

t.test('what is neither IPv4 nor IPv6 passes', async t => {
  using program = await balancing(plain)
  for (const { name, frame } of notIp) {
    const expected = { action: 'pass', verdict: 'pass_not_ip', packet: frame }
    t.same(await program.run(frame), expected, name)
  }
})
