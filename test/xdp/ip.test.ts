/** What the IP header of a client's packet may be, and what of it the tunnel's header takes over. */
import t from 'tap'
import { ethernet, ipv4, packet, TCP, tcp, text, UDP, udp } from '../packet.ts'
import { balancing } from './balancing.ts'
import { takeEntropy } from './entropy.ts'
import {
  families,
  headerOver,
  IPV4,
  NEXT_HOP,
  outerOver,
  plainGre,
  ROUTER,
  US,
} from './network.ts'
import { arriving, forwarded, plain } from './plain.ts'

const query = [udp(5000, 53), text('query')]
const { client, vip } = IPV4

for (const outer of families)
  t.test(`every DSCP and ECN is copied to an outer ${outer.name}`, async t => {
    using program = await balancing({ ...plain, headers: [headerOver(outer, plainGre)] })
    for (const inner of families)
      for (let trafficClass = 0; trafficClass < 256; trafficClass++) {
        const layers = [inner.ip(inner.client, inner.vip, UDP, { trafficClass }), ...query]
        const carried = { trafficClass, df: inner.name === 'IPv6' }
        t.same(
          (await program.run(arriving(...layers))).packet,
          packet(ethernet(NEXT_HOP, US), ...outerOver(outer, plainGre, carried), ...layers),
          `${inner.name}, traffic class ${trafficClass}`,
        )
      }
  })

t.test('DF of the packet is DF of the tunnel', async t => {
  using program = await balancing(plain)
  for (const df of [false, true]) {
    const layers = [ipv4(client, vip, UDP, { df, id: 0x1234 }), ...query]
    t.same(await program.run(arriving(...layers)), forwarded(IPV4, layers, { df }))
  }
})

t.test('a tunnel packet that may be fragmented has an identification of its own', async t => {
  using program = await balancing(plain)
  const frame = arriving(ipv4(client, vip, UDP, { id: 0x1234 }), ...query)
  const seen = new Set<number | undefined>()
  for (let i = 0; i < 8; i++)
    seen.add(takeEntropy(await program.sent(frame)).entropy.identification)
  t.ok(seen.size > 1, `${[...seen]}`)
})

t.test('the last hop is a hop: TTL 1 is forwarded as it is, TTL 0 is dropped', async t => {
  using program = await balancing(plain)
  for (const family of families) {
    const layersWith = (ttl: number) => [
      family.ip(family.client, family.vip, UDP, { ttl }),
      ...query,
    ]
    for (const ttl of [1, 2, 255])
      t.same(
        await program.run(arriving(...layersWith(ttl))),
        forwarded(family, layersWith(ttl)),
        `${family.name}, ${ttl}`,
      )
    t.same(await program.run(arriving(...layersWith(0))), {
      action: 'drop',
      verdict: 'drop_ttl_zero',
    })
  }
})

t.test('Ethernet padding is not part of the packet', async t => {
  using program = await balancing(plain)
  for (const family of families)
    for (const tags of [[], [{ vlan: 7 }]])
      for (const length of [1, 6, 18, 46, 200]) {
        const layers = [family.ip(family.client, family.vip, TCP), tcp(40000, 80)]
        const frame = packet(ethernet(US, ROUTER, { tags }), ...layers)
        t.same(
          await program.run(Buffer.concat([frame, Buffer.alloc(length, 0xee)])),
          forwarded(family, layers),
          `${family.name}, ${tags.length} tags, ${length} bytes of padding`,
        )
      }
})

t.test('IPv4 options are carried along', async t => {
  using program = await balancing({
    ...plain,
    listeners: [{ address: vip, protocol: TCP, port: 80 }],
  })
  for (let length = 4; length <= 40; length += 4) {
    const layers = [
      ipv4(client, vip, TCP, { options: Buffer.alloc(length, 1) }),
      tcp(40000, 80, { options: Buffer.alloc(44 - length, 1) }),
      text('query'),
    ]
    t.same(await program.run(arriving(...layers)), forwarded(IPV4, layers), `${length} bytes`)
  }
})
