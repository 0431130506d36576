/**
 * Thousands of packets with random faults. What becomes of each is left open, but what is
 * forwarded or passes does so as it came, and each is counted once, which run() sees to.
 */
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { ethernet, ipv4, type Layer, packet, TCP, tcp, text, UDP, udp } from '../packet.ts'
import { balancing } from './balancing.ts'
import { networkOffset } from './entropy.ts'
import { DESTINATION_OPTIONS, FRAGMENT, fragment, options } from './extensions.ts'
import { IPV4, IPV6, NEXT_HOP, outerOver, plainGre, ROUTER, US } from './network.ts'
import { arriving, plain } from './plain.ts'

const PACKETS = 20_000

/** mulberry32: the same faults in each run. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const toIpv4 = (protocol: number) => IPV4.ip(IPV4.client, IPV4.vip, protocol)
const toIpv6 = (protocol: number) => IPV6.ip(IPV6.client, IPV6.vip, protocol)

const wholesome = [
  arriving(toIpv4(TCP), tcp(40000, 80, { options: Buffer.alloc(8, 1) }), text('query')),
  arriving(toIpv4(UDP), udp(5000, 53), text('query')),
  arriving(
    ipv4(IPV4.client, IPV4.vip, UDP, { options: Buffer.alloc(12, 1), df: true }),
    udp(5000, 53),
  ),
  packet(ethernet(US, ROUTER, { tags: [{ vlan: 1 }] }), toIpv4(TCP), tcp(40000, 80)),
  arriving(toIpv6(TCP), tcp(40000, 80), text('query')),
  arriving(toIpv6(DESTINATION_OPTIONS), options(FRAGMENT), fragment(UDP), udp(5000, 53)),
  packet(
    ethernet(US, ROUTER, { tags: [{ vlan: 1 }, { vlan: 2 }] }),
    toIpv6(UDP),
    udp(5000, 53),
    text('query'),
  ),
]

const TELLING = [0, 1, 5, 6, 17, 43, 44, 51, 60, 0x7f, 0x80, 0xff]

/** A packet with up to three bytes changed, and one in four cut or padded. */
function mutate(frame: Buffer, random: (below: number) => number): Buffer {
  const mutant = Buffer.concat([frame, Buffer.alloc(8)])
  for (let faults = random(4); faults > 0; faults--) {
    const at = 12 + random(frame.length - 12)
    mutant[at] = random(2) ? (TELLING[random(TELLING.length)] ?? 0) : random(256)
  }
  const length = random(4) ? frame.length : 14 + random(mutant.length - 14)
  return mutant.subarray(0, length)
}

/** The frame that the plain header makes of this one, by its own IP header. */
function encapsulated(frame: Buffer): Buffer {
  const network = frame.subarray(networkOffset(frame))
  const isIpv6 = network.readUInt8(0) >> 4 === 6
  const length = isIpv6 ? 40 + network.readUInt16BE(4) : network.readUInt16BE(2)
  const carried = isIpv6
    ? { trafficClass: (network.readUInt16BE(0) >> 4) & 0xff, df: true }
    : { trafficClass: network.readUInt8(1), df: (network.readUInt16BE(6) & 0x4000) !== 0 }
  const inner: Layer = {
    etherType: isIpv6 ? 0x86dd : 0x0800,
    bytes: () => network.subarray(0, length),
  }
  return packet(ethernet(NEXT_HOP, US), ...outerOver(IPV4, plainGre, carried), inner)
}

/** What may be left of the frame, by what became of it. */
const remainders: Readonly<Record<string, (frame: Buffer) => Buffer | undefined>> = {
  drop: () => undefined,
  pass: frame => frame,
  tx: encapsulated,
}

t.test('no fault leads to a wrong packet, or to one that is not counted', async t => {
  using program = await balancing(plain)
  const random = randomNumbers(8926)
  const counts = new Map<string, number>()

  for (let i = 0; i < PACKETS; i++) {
    const frame = mutate(wholesome[i % wholesome.length] ?? arriving(), random)
    const outcome = await program.run(frame)
    const left = remainders[outcome.action]?.(frame)
    if (!isDeepStrictEqual(outcome.packet, left))
      t.same(outcome, { ...outcome, packet: left }, frame.toString('hex'))
    counts.set(outcome.verdict, (counts.get(outcome.verdict) ?? 0) + 1)
  }

  t.comment(Object.fromEntries(counts))
  t.ok((counts.get('forwarded') ?? 0) > PACKETS / 10, 'many faults do not matter')
  t.ok(counts.size > 8, 'faults of many kinds were met')
})
