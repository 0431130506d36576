/** The frames that measured traffic is made of: the smallest that Ethernet allows, 64 bytes with FCS. */
import { isIpv4 } from '../lb/address.ts'
import { concat, u16, u32 } from '../lb/header/bytes.ts'
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from '../lb/header/tunnel.ts'

const SHORTEST = 60
const ETHERNET_LENGTH = 14
const PAYLOAD_IPV6 = 6

export const ROUTER_MAC = Uint8Array.of(2, 0, 0, 0, 0, 1)
export const NODE_MAC = Uint8Array.of(2, 0, 0, 0, 0, 2)

const TCP = 6
const UDP = 17
const ESP = 50

/** What follows the IP header; `length` is all of it. */
export interface Transport {
  readonly protocol: number
  bytes(length: number): Uint8Array
}

const ports = (destination: number) => concat(u16(0), u16(destination))

function tcp(destination: number, flags: number): Transport {
  const rest = Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0)
  return { protocol: TCP, bytes: () => concat(ports(destination), rest) }
}

export const ack = (destination: number) => tcp(destination, 0x10)
export const syn = (destination: number) => tcp(destination, 0x02)

export const udp = (destination: number): Transport => ({
  protocol: UDP,
  bytes: length => concat(ports(destination), u16(length), u16(0)),
})

/** A protocol without ports: the first words are an SPI and a sequence number. */
export const esp: Transport = { protocol: ESP, bytes: () => concat(u32(1), u32(1)) }

function ipv4(source: Uint8Array, destination: Uint8Array, { protocol, bytes }: Transport) {
  const length = SHORTEST - ETHERNET_LENGTH
  const payload = new Uint8Array(length - 20)
  payload.set(bytes(payload.length))
  return concat(
    Uint8Array.of(0x45, 0),
    u16(length),
    u16(1),
    Uint8Array.of(0x40, 0, 64, protocol, 0, 0),
    source.subarray(12),
    destination.subarray(12),
    payload,
  )
}

function ipv6(source: Uint8Array, destination: Uint8Array, { protocol, bytes }: Transport) {
  const payload = bytes(8 + PAYLOAD_IPV6)
  return concat(
    Uint8Array.of(0x60, 0, 0, 0),
    u16(payload.length),
    Uint8Array.of(protocol, 64),
    source,
    destination,
    payload,
  )
}

export function frame(
  source: Uint8Array,
  destination: Uint8Array,
  transport: Transport,
): Uint8Array {
  const isV4 = isIpv4(destination)
  return concat(
    NODE_MAC,
    ROUTER_MAC,
    u16(isV4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6),
    (isV4 ? ipv4 : ipv6)(source, destination, transport),
  )
}
