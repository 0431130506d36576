/** Which listener of an address takes a packet: the most specific one. */
import t from 'tap'
import {
  ESP,
  ICMP,
  ICMPV6,
  ipv6,
  type Layer,
  raw,
  SCTP,
  TCP,
  tcp,
  text,
  UDP,
  udp,
} from '../packet.ts'
import { balancing, type Outcome } from './balancing.ts'
import { DESTINATION_OPTIONS, NO_NEXT_HEADER, options } from './extensions.ts'
import { type Family, families, IPV6 } from './network.ts'
import { arriving, forwarded, plain } from './plain.ts'
import type { Listener } from './setup.ts'
import { GRE } from './tunnels.ts'

const missed: Outcome = { action: 'drop', verdict: 'drop_no_listener' }

/** From `tcp 80`, or from the number of a protocol whose payload looks like two ports 80. */
function layersTo(family: Family, what: string): readonly Layer[] {
  const [name, port] = what.split(' ')
  const header = (protocol: number) => family.ip(family.client, family.vip, protocol)
  if (name === 'tcp') return [header(TCP), tcp(40000, Number(port))]
  if (name === 'udp') return [header(UDP), udp(40000, Number(port))]
  return [header(Number(what)), raw(Buffer.from('0050005000500050', 'hex'))]
}

/** Listeners of one address, in the order of the VIPs, and which VIP takes what: 0 is nobody. */
interface Case {
  readonly name: string
  readonly listeners: readonly Omit<Listener, 'address'>[]
  readonly takes: Readonly<Record<string, number>>
}

const short = [8000, 8002] as const
const wide = [2000, 60000] as const

const cases: readonly Case[] = [
  {
    name: 'a port takes its protocol and nothing else',
    listeners: [{ protocol: TCP, port: 80 }],
    takes: {
      'tcp 80': 1,
      'tcp 81': 0,
      'tcp 0': 0,
      'udp 80': 0,
      [ICMP]: 0,
      [ICMPV6]: 0,
      [SCTP]: 0,
      [ESP]: 0,
    },
  },
  {
    name: 'TCP and UDP of one port are two VIPs',
    listeners: [
      { protocol: TCP, port: 53 },
      { protocol: UDP, port: 53 },
    ],
    takes: { 'tcp 53': 1, 'udp 53': 2 },
  },
  {
    name: 'a short range is as many ports',
    listeners: [8000, 8001, 8002].map(port => ({ protocol: UDP, port, range: short })),
    takes: { 'udp 7999': 0, 'udp 8000': 1, 'udp 8001': 2, 'udp 8002': 3, 'udp 8003': 0 },
  },
  {
    name: 'a wide range is any port within its bounds',
    listeners: [{ protocol: UDP, range: wide }],
    takes: {
      'udp 0': 0,
      'udp 1999': 0,
      'udp 2000': 1,
      'udp 60000': 1,
      'udp 60001': 0,
      'udp 65535': 0,
      'tcp 2000': 0,
      [ICMP]: 0,
      [SCTP]: 0,
    },
  },
  {
    name: 'port 0 does not get round the bounds of a wide range beside a port',
    listeners: [
      { protocol: UDP, range: wide },
      { protocol: UDP, port: 53 },
    ],
    takes: { 'udp 53': 2, 'udp 54': 0, 'udp 0': 0, 'udp 2000': 1 },
  },
  {
    name: 'any port of a protocol is every port of it',
    listeners: [{ protocol: TCP }],
    takes: { 'tcp 0': 1, 'tcp 1': 1, 'tcp 65535': 1, 'udp 1': 0, [ICMP]: 0, [SCTP]: 0 },
  },
  {
    name: 'any protocol takes what has no ports too',
    listeners: [{}],
    takes: {
      'tcp 80': 1,
      'udp 0': 1,
      [ICMP]: 1,
      4: 1,
      [GRE]: 1,
      [ESP]: 1,
      [ICMPV6]: 1,
      [NO_NEXT_HEADER]: 1,
      [SCTP]: 1,
      255: 1,
    },
  },
  {
    name: 'the most specific listener wins',
    listeners: [{}, { protocol: TCP, range: wide }, { protocol: TCP, port: 2000 }],
    takes: {
      'tcp 2000': 3,
      'tcp 2001': 2,
      'tcp 80': 1,
      'tcp 60001': 1,
      'tcp 0': 1,
      'udp 2000': 1,
      [ICMP]: 1,
      [SCTP]: 1,
    },
  },
]

for (const { name, listeners, takes } of cases)
  t.test(name, async t => {
    for (const family of families) {
      using program = await balancing({
        ...plain,
        listeners: listeners.map(listener => ({ address: family.vip, ...listener })),
      })
      for (const [what, vip] of Object.entries(takes)) {
        const layers = layersTo(family, what)
        t.same(
          await program.run(arriving(...layers)),
          vip ? forwarded(family, layers, { vip }) : missed,
          `${family.name}, ${what}`,
        )
      }
    }
  })

t.test('any protocol takes ESP behind an extension header', async t => {
  using program = await balancing(plain)
  const layers = [
    ipv6(IPV6.client, IPV6.vip, DESTINATION_OPTIONS),
    options(ESP),
    text('spi and all'),
  ]
  t.same(await program.run(arriving(...layers)), forwarded(IPV6, layers))
})

t.test('listeners of one address are none of another', async t => {
  for (const family of families) {
    using program = await balancing({
      ...plain,
      listeners: [
        { address: family.vip, protocol: TCP, port: 80 },
        { address: family.elsewhere, protocol: TCP, port: 443 },
      ],
    })
    t.same(await program.run(arriving(...layersTo(family, 'tcp 443'))), missed, family.name)
  }
})
