/**
 * Which backend a flow gets, answered by the running program: a packet of that flow goes through its
 * `dry` instance, which works on the same maps and writes nothing.
 */
import type { Program } from '../native/index.ts'
import { DRY_BACKEND_SHIFT, DRY_VERDICT_SHIFT, type Verdict, verdicts } from '../xdp/layout.ts'
import { isIpv4, parseAddress } from './address.ts'
import { Refusal } from './errors.ts'
import { concat, u16 } from './header/bytes.ts'
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from './header/tunnel.ts'

export interface Flow {
  readonly source: string
  readonly sourcePort: number
  readonly destination: string
  readonly destinationPort: number
  readonly protocol: 'tcp' | 'udp'
  /** Whether the packet opens the connection. */
  readonly syn: boolean
}

export interface Answer {
  readonly verdict: Verdict
  readonly meaning: string
  /** Index, 0 = none. */
  readonly backend: number
  /** As it would leave. */
  readonly packet: Uint8Array
}

const TCP = 6
const UDP = 17
const TTL = 64
const SYN = 0x02
const ACK = 0x10

const MACS = new Uint8Array(12)

function transport({ protocol, sourcePort, destinationPort, syn }: Flow): Uint8Array {
  const ports = concat(u16(sourcePort), u16(destinationPort))
  if (protocol === 'udp') return concat(ports, u16(8), u16(0))
  const rest = Uint8Array.of(
    0,
    0,
    0,
    1,
    0,
    0,
    0,
    0,
    0x50,
    syn ? SYN : ACK,
    0xff,
    0xff,
    0,
    0,
    0,
    0,
  )
  return concat(ports, rest)
}

function ipv4(
  source: Uint8Array,
  destination: Uint8Array,
  protocol: number,
  payload: Uint8Array,
) {
  const length = u16(20 + payload.length)
  const fixed = Uint8Array.of(0x45, 0, ...length, 0, 0, 0x40, 0, TTL, protocol, 0, 0)
  return concat(fixed, source.subarray(12), destination.subarray(12), payload)
}

function ipv6(
  source: Uint8Array,
  destination: Uint8Array,
  protocol: number,
  payload: Uint8Array,
) {
  const fixed = Uint8Array.of(0x60, 0, 0, 0, ...u16(payload.length), protocol, TTL)
  return concat(fixed, source, destination, payload)
}

/** A packet of the flow. Checksums are zero: the load balancer looks at none. */
function packetOf(flow: Flow): Uint8Array {
  const source = parseAddress(flow.source)
  const destination = parseAddress(flow.destination)
  const overIpv4 = isIpv4(source)
  if (overIpv4 !== isIpv4(destination))
    throw new Refusal(
      'invalid',
      'mixed-families',
      `source ${flow.source} and destination ${flow.destination} are of different families`,
    )
  const network = overIpv4 ? ipv4 : ipv6
  const protocol = flow.protocol === 'tcp' ? TCP : UDP
  const type = u16(overIpv4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6)
  return concat(MACS, type, network(source, destination, protocol, transport(flow)))
}

export async function lookUp(dry: Program, flow: Flow): Promise<Answer> {
  const { returned, data } = await dry.run({ data: packetOf(flow) })
  const verdict = verdicts[(returned >> DRY_VERDICT_SHIFT) & 0xff]
  if (!verdict) throw new RangeError(`the program answered ${returned}: no verdict`)
  return {
    verdict: verdict.name,
    meaning: verdict.meaning,
    backend: returned >>> DRY_BACKEND_SHIFT,
    packet: data,
  }
}
