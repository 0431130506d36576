/** The whole header in front of a client's packet, from Ethernet to tunnel, as the program copies it. */
import {
  HEADER_OUTER_IPV4,
  HEADER_OUTER_IPV6,
  HEADER_OUTER_UDP,
  type Header,
} from '../../xdp/layout.ts'
import { isIpv4 } from '../address.ts'
import { concat, u16 } from './bytes.ts'
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, type Tunnel } from './tunnel.ts'

const PROTOCOL_UDP = 17
const TTL = 64
const TYPE_VLAN = 0x8100
/** What the length field of an outer IP header can say, whatever an MTU such as that of lo allows. */
const LONGEST_PACKET = 65535

/** The way to a backend, as routing and neighbour tables have it. Addresses: 16 bytes, v4-mapped. */
export interface Path {
  readonly egress: number
  /** Of the egress interface, bytes of IP packet. */
  readonly mtu: number
  readonly sourceMac: Uint8Array
  readonly nextHopMac: Uint8Array
  /** VLAN identifier of the egress interface, where it is one on top of another. */
  readonly vlan?: number
  readonly source: Uint8Array
  readonly destination: Uint8Array
}

/** For a forecast: a way that nobody has asked for yet, and that no packet takes. */
export const assumedPath = (destination: Uint8Array): Path => ({
  egress: 0,
  mtu: 1500,
  sourceMac: new Uint8Array(6),
  nextHopMac: new Uint8Array(6),
  source: destination,
  destination,
})

/** A backend that no packet can reach yet. */
export const noHeader: Header = {
  bytes: new Uint8Array(),
  egress: 0,
  innerType: [0, 0],
  checksum: [0, 0],
  largest: 0,
  length: 0,
  networkOffset: 0,
  innerTypeOffset: 0,
  kind: 0,
}

function ethernet(path: Path, type: number): Uint8Array {
  const tag = path.vlan === undefined ? [] : [u16(TYPE_VLAN), u16(path.vlan)]
  return concat(path.nextHopMac, path.sourceMac, ...tag, u16(type))
}

/** Without DSCP, ECN, length, identification, DF and checksum: those are the packet's. */
function ipv4(path: Path, protocol: number): Uint8Array {
  const fixed = Uint8Array.of(0x45, 0, 0, 0, 0, 0, 0, 0, TTL, protocol, 0, 0)
  return concat(fixed, path.source.subarray(12), path.destination.subarray(12))
}

/** Without DSCP, ECN, flow label and length: those are the packet's. */
function ipv6(path: Path, protocol: number): Uint8Array {
  return concat(
    Uint8Array.of(0x60, 0, 0, 0, 0, 0, protocol, TTL),
    path.source,
    path.destination,
  )
}

/** One's complement sum of the 16-bit words as a little-endian host loads them (RFC 1071). */
function partialChecksum(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let sum = 0
  for (let at = 0; at < bytes.length; at += 2) sum += view.getUint16(at, true)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16)
  return sum
}

export function buildHeader(tunnel: Tunnel, path: Path): Header {
  const overIpv4 = isIpv4(path.destination)
  const link = ethernet(path, overIpv4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6)
  const network = (overIpv4 ? ipv4 : ipv6)(path, tunnel.protocol)
  const checksum = overIpv4 ? partialChecksum(network) : 0
  const bytes = concat(link, network, tunnel.bytes)
  return {
    bytes,
    egress: path.egress,
    innerType: tunnel.innerType,
    checksum: [checksum, checksum],
    largest: Math.min(path.mtu, LONGEST_PACKET) - network.length - tunnel.bytes.length,
    length: bytes.length,
    networkOffset: link.length,
    innerTypeOffset: link.length + network.length + tunnel.innerTypeAt,
    kind:
      (overIpv4 ? HEADER_OUTER_IPV4 : HEADER_OUTER_IPV6) |
      (tunnel.protocol === PROTOCOL_UDP ? HEADER_OUTER_UDP : 0),
  }
}
