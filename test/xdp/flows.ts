/** Many flows, and which of many backends each goes to. */
import { ACK, type Layer, TCP, tcp, text, type UDP, udp } from '../packet.ts'
import type { Balancing } from './balancing.ts'
import { type Family, families } from './network.ts'
import { arriving, plainHeader } from './plain.ts'
import type { Setup } from './setup.ts'

export const BACKENDS = 256
const ROWS = 65536

/** Each backend has 256 rows: those that agree in the low byte of their index, or in the high. */
export const sharing = (hash: number, byte: 'low' | 'high' = 'low'): Setup => ({
  listeners: families.flatMap(({ vip, elsewhere }) =>
    [vip, elsewhere].map(address => ({ address, hash })),
  ),
  headers: Array.from({ length: BACKENDS }, () => plainHeader),
  rows: Array.from({ length: ROWS }, (_, row) => 1 + (byte === 'low' ? row & 255 : row >> 8)),
})

export interface Flow {
  readonly client?: string
  readonly vip?: string
  readonly protocol?: typeof TCP | typeof UDP
  readonly ports?: readonly [source: number, destination: number]
  readonly flags?: number
  readonly ttl?: number
  readonly trafficClass?: number
  readonly payload?: string
}

function layersOf(family: Family, flow: Flow): readonly Layer[] {
  const { client = family.client, vip = family.vip, protocol = TCP, ports = [40000, 80] } = flow
  const { ttl = 64, trafficClass = 0, flags = ACK } = flow
  const transport = protocol === TCP ? tcp(...ports, { flags }) : udp(...ports)
  const header = family.ip(client, vip, protocol, { ttl, trafficClass })
  return [header, transport, text(flow.payload ?? 'query')]
}

export async function backendsOf(program: Balancing, family: Family, flows: Iterable<Flow>) {
  const backends: number[] = []
  for (const flow of flows)
    backends.push((await program.ask(arriving(...layersOf(family, flow)))).backend)
  return backends
}

/** The 32 or 128 bits of an address as text. */
export const ipv4Text = (bits: number) =>
  [24, 16, 8, 0].map(shift => (bits >>> shift) & 255).join('.')
export const ipv6Text = (bits: bigint) =>
  bits
    .toString(16)
    .padStart(32, '0')
    .replace(/(....)(?=.)/g, '$1:')
