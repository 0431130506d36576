/** The program copies a header as bytes: it must not matter how many they are. */
import t from 'tap'
import { type Header, MAX_HEADER } from '../../xdp/layout.ts'
import { packet, TCP, tcp, text } from '../packet.ts'
import { balancing } from './balancing.ts'
import { families, INGRESS } from './network.ts'
import { arriving, plain } from './plain.ts'

/** The shortest is that of a tunnel without a header of its own: Ethernet and IPv4. */
const SHORTEST = 34
const TYPES = [0x1111, 0x2222] as const

/** Nothing in it is the packet's to decide but the inner type, in its last two bytes. */
const headerOf = (length: number): Header => ({
  bytes: Uint8Array.from({ length }, (_, at) => 0x80 + at),
  egress: INGRESS,
  innerType: TYPES,
  checksum: [0, 0],
  largest: 1500,
  length,
  networkOffset: 14,
  innerTypeOffset: length - 2,
  kind: 0,
})

const headers = Array.from({ length: MAX_HEADER - SHORTEST + 1 }, (_, at) =>
  headerOf(SHORTEST + at),
)

t.test('a header of any length is copied whole', async t => {
  const rows = Array.from({ length: 128 }, (_, row) => 1 + (row % headers.length))
  using program = await balancing({ ...plain, headers, rows })
  const seen = new Set<string>()
  for (const [at, { ip, client, vip, name }] of families.entries())
    for (let port = 1; port <= 1000; port++) {
      const query = [ip(client, vip, TCP), tcp(port, 80), text('query')]
      const { backend } = await program.ask(arriving(...query))
      const bytes = headers[backend - 1]?.bytes ?? new Uint8Array()
      const once = `${bytes.length} bytes in front of ${name}`
      if (seen.has(once)) continue

      seen.add(once)
      const type = Buffer.of(0x11 * (at + 1), 0x11 * (at + 1))
      t.same(
        await program.sent(arriving(...query)),
        Buffer.concat([bytes.subarray(0, -2), type, packet(...query)]),
        once,
      )
    }
  t.equal(seen.size, 2 * headers.length, 'each was met')
})
