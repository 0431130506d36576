/** How large a packet may be, and how a frame of several buffers fares. */
import t from 'tap'
import { ethernet, ipv4, type Layer, packet, raw, UDP, udp } from '../packet.ts'
import { cannotShape } from './arrival.ts'
import { balancing, type Outcome } from './balancing.ts'
import {
  encapsulations,
  type Family,
  families,
  headerOver,
  IPV4,
  NEXT_HOP,
  outerOver,
  plainGre,
  US,
} from './network.ts'
import { arriving, forwarded, plain } from './plain.ts'

/** A packet of so many bytes, its IP header included. */
const layersOf = ({ ip, client, vip, headerLength }: Family, length: number) => [
  ip(client, vip, UDP),
  udp(5000, 53),
  raw(Buffer.alloc(length - headerLength - 8, length)),
]

/** With Ethernet padding behind the packet. */
const padded = (padding: number, ...layers: readonly Layer[]) =>
  Buffer.concat([arriving(...layers), Buffer.alloc(padding, 0xee)])

const tooBig: Outcome = { action: 'drop', verdict: 'drop_too_big' }

for (const mtu of [1280, 1500, 9000])
  for (const outer of families)
    t.test(`a packet fills an MTU of ${mtu} over ${outer.name}, and no more`, async t => {
      for (const encapsulation of encapsulations) {
        using program = await balancing({
          ...plain,
          headers: [headerOver(outer, encapsulation, { mtu })],
        })
        const largest = mtu - encapsulation.overhead[outer.name]
        for (const [at, inner] of families.entries()) {
          const layers = layersOf(inner, largest)
          const name = `${inner.name}, ${encapsulation.name}`
          t.same(
            await program.run(arriving(...layers)),
            {
              action: 'tx',
              verdict: 'forwarded',
              vip: at + 1,
              backend: 1,
              packet: packet(
                ethernet(NEXT_HOP, US),
                ...outerOver(outer, encapsulation, { df: inner.name === 'IPv6' }),
                ...layers,
              ),
            },
            name,
          )
          t.same(await program.run(arriving(...layersOf(inner, largest + 1))), tooBig, name)
        }
      }
    })

t.test('DF does not matter, nor does padding', async t => {
  using program = await balancing(plain)
  for (const df of [false, true]) {
    const layersWith = (payload: number) => [
      ipv4(IPV4.client, IPV4.vip, UDP, { df }),
      udp(5000, 53),
      raw(Buffer.alloc(payload)),
    ]
    const [fits, doesNot] = [layersWith(1448), layersWith(1449)]
    t.same(await program.run(padded(64, ...fits)), forwarded(IPV4, fits, { df }))
    t.same(await program.run(arriving(...doesNot)), tooBig)
  }
})

const jumbo = { ...plain, headers: [headerOver(IPV4, plainGre, { mtu: 9000 })] }

t.test('a jumbo frame is forwarded whole, in however many buffers', async t => {
  using program = await balancing(jumbo)
  for (const family of families)
    for (const length of [3000, 4000, 8000, 8976]) {
      const layers = layersOf(family, length)
      t.same(await program.run(arriving(...layers)), forwarded(family, layers), `${length}`)
    }
})

t.test('padding is trimmed wherever the buffers end', { skip: cannotShape }, async t => {
  using program = await balancing(jumbo)
  for (const family of families)
    for (const length of [100, 1000, 5000]) {
      const layers = layersOf(family, length)
      for (const padding of [1, 100, 5000])
        for (const linear of [90, 14 + length - 1, 14 + length + 1, 3000]) {
          const frame = padded(padding, ...layers)
          t.same(
            await program.run(frame, { linear: Math.min(linear, frame.length) }),
            forwarded(family, layers),
            `${family.name}, ${length} bytes and ${padding} of padding, ${linear} first`,
          )
        }
    }
})

t.test('without headroom for the header it is dropped', { skip: cannotShape }, async t => {
  using program = await balancing(plain)
  const layers = layersOf(IPV4, 100)
  t.same(await program.run(arriving(...layers), { metadata: 32 }), forwarded(IPV4, layers))
  // Of 256 bytes of headroom this leaves 44, and the kernel's own struct xdp_frame lives there.
  t.same(await program.run(arriving(...layers), { metadata: 212 }), {
    action: 'drop',
    verdict: 'drop_no_headroom',
  })
})
