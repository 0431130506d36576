/** What is no tunnel passes the backend's side unchanged; a tunnel that was cut is not opened. */
import t from 'tap'
import { ethernet, ipv4, ipv6, packet, raw, text, UDP, udp } from '../packet.ts'
import { type Delivery, decapsulating, query, refused, tunnelled } from './decapsulating.ts'
import { FRAGMENT, fragment } from './extensions.ts'
import { encapsulations, families, IPV4, IPV6, NEXT_HOP, outerOver, US } from './network.ts'
import { odditiesTo } from './oddities.ts'
import { GENEVE_PORT, GRE, geneve, gre } from './tunnels.ts'

const IPIP = 4

const sources = families.flatMap(({ node, client }) => [node, client])

const passed = (verdict: 'pass_not_tunnel' | 'pass_not_ip', packet: Buffer): Delivery => ({
  action: 'pass',
  verdict,
  packet,
})

t.test('what is no tunnel passes', async t => {
  using backend = await decapsulating(sources)
  for (const { ip, node, backend: address, name } of families) {
    const notTunnels = [
      [...query(IPV4)],
      [ip(node, address, UDP), udp(GENEVE_PORT, 53), text('answer')],
      [ip(node, address, UDP), udp(50000, GENEVE_PORT - 1), geneve(), ...query(IPV4)],
      [ip(node, address, IPIP), ...query(IPV4)],
    ]
    for (const [at, layers] of notTunnels.entries()) {
      const frame = Buffer.concat([tunnelled(...layers), Buffer.alloc(6, 0xee)])
      t.same(await backend.run(frame), passed('pass_not_tunnel', frame), `${name}, ${at}`)
    }
  }
})

t.test('whatever is odd passes: the host knows better', async t => {
  using backend = await decapsulating(sources)
  for (const family of families)
    for (const { name, layers } of odditiesTo(family, family.backend)) {
      const frame = tunnelled(...layers)
      t.same(
        await backend.run(frame),
        passed('pass_not_tunnel', frame),
        `${family.name}: ${name}`,
      )
    }
})

t.test('a fragment of a tunnel packet passes, to be put together', async t => {
  using backend = await decapsulating(sources)
  const first = [
    ipv4(IPV4.node, IPV4.backend, GRE, { moreFragments: true }),
    gre(),
    ...query(IPV6),
  ]
  const later = [ipv4(IPV4.node, IPV4.backend, GRE, { fragmentOffset: 1480 }), text('rest')]
  const firstOfIpv6 = [
    ipv6(IPV6.node, IPV6.backend, FRAGMENT),
    fragment(GRE, { more: true }),
    gre(),
    ...query(IPV4),
  ]
  for (const layers of [first, later, firstOfIpv6]) {
    const frame = tunnelled(...layers)
    t.same(await backend.run(frame), passed('pass_not_tunnel', frame))
  }
})

t.test('neither IPv4 nor IPv6 passes', async t => {
  using backend = await decapsulating(sources)
  for (const type of [0x0806, 0x88cc, 38]) {
    const frame = packet(ethernet(NEXT_HOP, US, { type }), raw(Buffer.alloc(46, 1)))
    t.same(await backend.run(frame), passed('pass_not_ip', frame), type.toString(16))
  }
})

const tunnels = families.flatMap(outer =>
  encapsulations.flatMap(encapsulation =>
    families.map(inner => ({
      name: `${inner.name} inside ${encapsulation.name} over ${outer.name}`,
      outer,
      encapsulation,
      inner,
    })),
  ),
)

t.test('a frame that ends before its packet passes as it is', async t => {
  using backend = await decapsulating(sources)
  for (const { name, outer, encapsulation, inner } of tunnels) {
    const frame = tunnelled(...outerOver(outer, encapsulation), ...query(inner))
    for (let length = 14; length < frame.length; length++) {
      const cut = frame.subarray(0, length)
      const verdict = length < 14 + outer.headerLength ? 'pass_not_ip' : 'pass_not_tunnel'
      t.same(await backend.run(cut), passed(verdict, cut), `${name}, ${length} bytes`)
    }
  }
})

/** Tunnel packets by right of their IP and UDP lengths, of ever more bytes behind these. */
function* cutTunnels({ outer, encapsulation, inner }: (typeof tunnels)[number]) {
  const { protocol, wire, overhead } = encapsulation
  const [transport, tunnel] = protocol === UDP ? [wire.slice(0, 1), wire.slice(1)] : [[], wire]
  const contents = packet(...tunnel, ...query(inner))
  const innerAt = overhead[outer.name] - outer.headerLength - packet(...transport).length
  const header = [outer.ip(outer.node, outer.backend, protocol), ...transport]
  const link = packet(ethernet(NEXT_HOP, US, { type: inner === IPV4 ? 0x0800 : 0x86dd }))

  for (let length = 0; length <= contents.length; length++)
    yield {
      frame: tunnelled(...header, raw(contents.subarray(0, length))),
      hasInner: length >= innerAt + inner.headerLength,
      delivered: Buffer.concat([link, contents.subarray(innerAt, length)]),
    }
}

for (const padding of [0, 60])
  t.test(`without a whole inner header a tunnel is dropped, ${padding} padding`, async t => {
    using backend = await decapsulating(sources)
    for (const tunnel of tunnels)
      for (const { frame, hasInner, delivered } of cutTunnels(tunnel)) {
        const padded = Buffer.concat([frame, Buffer.alloc(padding, 0x45)])
        const expected: Delivery = hasInner
          ? { action: 'pass', verdict: 'decapsulated', packet: delivered }
          : refused('drop_truncated')
        t.same(await backend.run(padded), expected, `${tunnel.name}, ${frame.length} bytes`)
      }
  })
