/** IPv6 extension headers between a packet's IP header and its ports. */
import t from 'tap'
import { ipv6, raw, TCP, tcp, text } from '../packet.ts'
import { balancing } from './balancing.ts'
import {
  AUTHENTICATION,
  authentication,
  DESTINATION_OPTIONS,
  FRAGMENT,
  fragment,
  HOP_BY_HOP,
  NO_NEXT_HEADER,
  options,
  ROUTING,
  routing,
} from './extensions.ts'
import { IPV6 } from './network.ts'
import { arriving, forwarded, plain } from './plain.ts'

/** Each makes the header that announces `next` behind itself. */
const extensions = [
  { name: 'hop-by-hop options', number: HOP_BY_HOP, make: options },
  { name: 'routing', number: ROUTING, make: routing },
  { name: 'destination options', number: DESTINATION_OPTIONS, make: options },
  { name: 'authentication', number: AUTHENTICATION, make: authentication },
  { name: 'an atomic fragment', number: FRAGMENT, make: fragment },
] as const

const portListener = {
  ...plain,
  listeners: [{ address: IPV6.vip, protocol: TCP, port: 80 }],
}

t.test('the ports behind each IPv6 extension header are found', async t => {
  using program = await balancing(portListener)
  for (const { name, number, make } of extensions) {
    const layers = [
      ipv6(IPV6.client, IPV6.vip, number),
      make(TCP),
      tcp(40000, 80),
      text('query'),
    ]
    t.same(await program.run(arriving(...layers)), forwarded(IPV6, layers, { vip: 1 }), name)
  }
})

t.test('long extension headers are skipped by their own length', async t => {
  using program = await balancing(portListener)
  const headers = [
    { number: HOP_BY_HOP, make: options, lengths: [8, 16, 256, 1024] },
    { number: ROUTING, make: routing, lengths: [8, 24, 1024] },
    { number: AUTHENTICATION, make: authentication, lengths: [8, 16, 24, 1024] },
  ]
  for (const { number, make, lengths } of headers)
    for (const length of lengths) {
      const layers = [ipv6(IPV6.client, IPV6.vip, number), make(TCP, length), tcp(40000, 80)]
      t.same(
        await program.run(arriving(...layers)),
        forwarded(IPV6, layers, { vip: 1 }),
        `header ${number}, ${length} bytes`,
      )
    }
})

t.test('six extension headers are walked, seven are too many', async t => {
  using program = await balancing(portListener)
  const chain = (count: number) => [
    ipv6(IPV6.client, IPV6.vip, count ? DESTINATION_OPTIONS : TCP),
    ...Array.from({ length: count }, (_, at) =>
      options(at === count - 1 ? TCP : DESTINATION_OPTIONS),
    ),
    tcp(40000, 80),
  ]
  for (let count = 0; count <= 6; count++)
    t.same(
      await program.run(arriving(...chain(count))),
      forwarded(IPV6, chain(count), { vip: 1 }),
      `${count}`,
    )
  for (const count of [7, 8, 20])
    t.same(await program.run(arriving(...chain(count))), {
      action: 'drop',
      verdict: 'drop_extension_headers',
    })
})

t.test('no next header is a protocol like any other', async t => {
  using program = await balancing(plain)
  const layers = [
    ipv6(IPV6.client, IPV6.vip, DESTINATION_OPTIONS),
    options(NO_NEXT_HEADER),
    raw(Buffer.from('ignored')),
  ]
  t.same(await program.run(arriving(...layers)), forwarded(IPV6, layers))
})
