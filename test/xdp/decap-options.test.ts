/** Tunnel headers that the backend's side knows, may ignore, or must refuse. */
import t from 'tap'
import { ethernet, type Layer, raw, UDP, udp } from '../packet.ts'
import { decapsulating, opened, query, refused, tunnelled } from './decapsulating.ts'
import { type Family, families, IPV4, IPV6, NEXT_HOP, US } from './network.ts'
import { GENEVE_PORT, GRE, geneve, geneveOption, gre } from './tunnels.ts'

const sources = families.map(({ node }) => node)

/** Key, and those that RFC 2784 2.3 tells receivers to ignore. */
const ACCEPTED = 0x2000 | 0x03f8

const bits = Array.from({ length: 16 }, (_, bit) => 1 << bit)
const greHeaders = [
  ...bits.filter(bit => bit !== 0x2000).map(flags => ({ flags, header: gre({ flags }) })),
  ...bits.map(bit => bit | 0x2000).map(flags => ({ flags, header: gre({ flags, key: 7 }) })),
]

t.test('GRE flags that change the header must be known', async t => {
  using backend = await decapsulating(sources)
  for (const { ip, node, backend: address, name } of families)
    for (const { flags, header } of greHeaders)
      t.same(
        await backend.run(tunnelled(ip(node, address, GRE), header, ...query(IPV4))),
        flags & ~ACCEPTED ? refused('drop_unknown_option') : opened(...query(IPV4)),
        `${name}, flags ${flags.toString(16)}`,
      )
})

const inGeneve = (outer: Family, header: Layer, ...layers: readonly Layer[]) =>
  tunnelled(
    outer.ip(outer.node, outer.backend, UDP),
    udp(50000, GENEVE_PORT, { checksum: 0 }),
    header,
    ...layers,
  )

t.test('Geneve: what is not critical is skipped', async t => {
  using backend = await decapsulating(sources)
  const long = Buffer.concat([1, 2].map(type => geneveOption(type, Buffer.alloc(120, type))))
  const headers = [
    geneve({ vni: 0xffffff }),
    geneve({ options: geneveOption(1, Buffer.alloc(0)) }),
    geneve({ options: geneveOption(1, Buffer.alloc(16, 1)) }),
    geneve({ options: Buffer.concat([long, geneveOption(3, Buffer.alloc(0))]) }),
  ]
  for (const outer of families)
    for (const [at, header] of headers.entries())
      for (const inner of families)
        t.same(
          await backend.run(inGeneve(outer, header, ...query(inner))),
          opened(...query(inner)),
          `${outer.name}, header ${at}`,
        )
})

t.test('Geneve: versions, control and critical options are refused', async t => {
  using backend = await decapsulating(sources)
  const headers = [
    ...[1, 2, 3].map(version => geneve({ version })),
    geneve({ control: true }),
    geneve({ critical: true, options: geneveOption(0x81, Buffer.alloc(4)) }),
  ]
  for (const outer of families)
    for (const [at, header] of headers.entries())
      t.same(
        await backend.run(inGeneve(outer, header, ...query(IPV4))),
        refused('drop_unknown_option'),
        `${outer.name}, header ${at}`,
      )
})

t.test('the Geneve port is a setting', async t => {
  const port = new Uint8Array(Uint16Array.of(6082).buffer)
  using backend = await decapsulating(sources, { geneve_port: port })
  const to = (destination: number) =>
    tunnelled(
      IPV4.ip(IPV4.node, IPV4.backend, UDP),
      udp(50000, destination, { checksum: 0 }),
      geneve(),
      ...query(IPV6),
    )
  t.same(await backend.run(to(6082)), opened(...query(IPV6)))
  t.same(await backend.run(to(GENEVE_PORT)), {
    action: 'pass',
    verdict: 'pass_not_tunnel',
    packet: to(GENEVE_PORT),
  })
})

t.test('neither IPv4 nor IPv6 inside is dropped', async t => {
  using backend = await decapsulating(sources)
  const payload = raw(Buffer.alloc(46))
  for (const outer of families) {
    const { ip, node, backend: address, name } = outer
    const frames = [
      ...[0x0806, 0x8847, 0x880b, 0x6558, 0].map(type =>
        tunnelled(ip(node, address, GRE), gre({ type }), payload),
      ),
      ...[0x0806, 0x8847].map(type => inGeneve(outer, geneve({ type }), payload)),
      ...[0x0806, 0x8100].map(type =>
        inGeneve(outer, geneve(), ethernet(NEXT_HOP, US, { type }), payload),
      ),
    ]
    for (const [at, frame] of frames.entries())
      t.same(
        await backend.run(frame),
        refused('drop_unknown_payload'),
        `${name}, payload ${at}`,
      )
  }
})
