/**
 * Packets as the RFCs draw them, layer by layer, for tests to send and to expect. Written apart
 * from the headers in lb/, so that the two can contradict each other. Types, lengths and
 * checksums fill themselves in; naming one makes a packet that lies.
 */
import ipaddr from 'ipaddr.js'

export const ICMP = 1
export const TCP = 6
export const UDP = 17
export const ESP = 50
export const ICMPV6 = 58
export const SCTP = 132

export const FIN = 0x01
export const SYN = 0x02
export const RST = 0x04
export const PSH = 0x08
export const ACK = 0x10

/** What a layer must know of its neighbours. */
export interface Surroundings {
  /** How Ethernet and tunnels name what follows. */
  readonly nextType: number
  /** Addresses of the IP header in front: what a pseudo header begins with. */
  readonly addresses: Buffer
}

export interface Layer {
  readonly etherType?: number
  readonly addresses?: Buffer
  /** The layer's own bytes; `rest` is everything behind it. */
  bytes(rest: Buffer, surroundings: Surroundings): Buffer
}

/** Bytes of numbers in network order: `[[16, 0x0800], [8, 64]]`, each with its width in bits. */
export function fields(...parts: readonly (readonly [bits: number, value: number])[]): Buffer {
  return Buffer.concat(
    parts.map(([bits, value]) => {
      const field = Buffer.alloc(bits / 8)
      field.writeUIntBE(value, 0, bits / 8)
      return field
    }),
  )
}

export function packet(...layers: readonly Layer[]): Buffer {
  return layers.reduceRight<Buffer>((rest, layer, at) => {
    const inFront = layers.slice(0, at).findLast(({ addresses }) => addresses)
    const surroundings = {
      nextType: layers[at + 1]?.etherType ?? 0,
      addresses: inFront?.addresses ?? Buffer.alloc(0),
    }
    return Buffer.concat([layer.bytes(rest, surroundings), rest])
  }, Buffer.alloc(0))
}

/** RFC 1071, over bytes as they are on the wire. */
export function checksum(bytes: Buffer): number {
  let sum = 0
  for (let at = 0; at < bytes.length; at++) sum += (bytes[at] ?? 0) << (at % 2 ? 0 : 8)
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000)
  return ~sum & 0xffff
}

const addressBytes = (text: string) => Buffer.from(ipaddr.parse(text).toByteArray())
const macBytes = (text: string) => Buffer.from(text.replaceAll(':', ''), 'hex')

export interface Tag {
  /** 0x8100 of IEEE 802.1Q unless another is named. */
  readonly type?: number
  readonly vlan: number
}

/** IEEE 802.3. Inside a tunnel it is announced as Transparent Ethernet Bridging, RFC 1701. */
export function ethernet(
  to: string,
  from: string,
  { tags = [], type }: { readonly tags?: readonly Tag[]; readonly type?: number } = {},
): Layer {
  const tagBytes = tags.map(tag => fields([16, tag.type ?? 0x8100], [16, tag.vlan]))
  return {
    etherType: 0x6558,
    bytes: (_, { nextType }) =>
      Buffer.concat([
        macBytes(to),
        macBytes(from),
        ...tagBytes,
        fields([16, type ?? nextType]),
      ]),
  }
}

/** What both families have, though IPv6 says hop limit and IPv4 says type of service. */
export interface IpOptions {
  readonly ttl?: number
  readonly trafficClass?: number
  readonly version?: number
  /** IPv4: of header and payload; IPv6: of the payload. */
  readonly length?: number
}

export interface Ipv4Options extends IpOptions {
  readonly options?: Buffer
  readonly ihl?: number
  readonly id?: number
  readonly df?: boolean
  readonly moreFragments?: boolean
  /** Of this fragment in its datagram, in bytes. */
  readonly fragmentOffset?: number
  readonly checksum?: number
}

/** RFC 791. */
export function ipv4(
  source: string,
  destination: string,
  protocol: number,
  options: Ipv4Options = {},
): Layer {
  const addresses = Buffer.concat([addressBytes(source), addressBytes(destination)])
  const { options: optionBytes = Buffer.alloc(0), df, moreFragments } = options
  const headerLength = 20 + optionBytes.length
  const flags = (df ? 0x4000 : 0) | (moreFragments ? 0x2000 : 0)

  return {
    etherType: 0x0800,
    addresses,
    bytes: rest => {
      const header = Buffer.concat([
        fields(
          [8, ((options.version ?? 4) << 4) | (options.ihl ?? headerLength / 4)],
          [8, options.trafficClass ?? 0],
          [16, options.length ?? headerLength + rest.length],
          [16, options.id ?? 0],
          [16, flags | ((options.fragmentOffset ?? 0) / 8)],
          [8, options.ttl ?? 64],
          [8, protocol],
          [16, 0],
        ),
        addresses,
        optionBytes,
      ])
      header.writeUInt16BE(options.checksum ?? checksum(header), 10)
      return header
    },
  }
}

export interface Ipv6Options extends IpOptions {
  readonly flowLabel?: number
}

/** RFC 8200. */
export function ipv6(
  source: string,
  destination: string,
  nextHeader: number,
  { ttl = 64, trafficClass = 0, version = 6, length, flowLabel = 0 }: Ipv6Options = {},
): Layer {
  const addresses = Buffer.concat([addressBytes(source), addressBytes(destination)])
  const firstWord = version * 2 ** 28 + trafficClass * 2 ** 20 + flowLabel
  return {
    etherType: 0x86dd,
    addresses,
    bytes: rest =>
      Buffer.concat([
        fields([32, firstWord], [16, length ?? rest.length], [8, nextHeader], [8, ttl]),
        addresses,
      ]),
  }
}

/** TCP and UDP alike, over the pseudo headers of RFC 9293 3.1 and RFC 8200 8.1. */
function transportChecksum(addresses: Buffer, protocol: number, segment: Buffer): number {
  return checksum(
    Buffer.concat([addresses, fields([32, segment.length], [32, protocol]), segment]),
  )
}

export interface TcpOptions {
  readonly flags?: number
  readonly sequence?: number
  readonly acknowledgment?: number
  readonly window?: number
  readonly options?: Buffer
  /** In 32-bit words. */
  readonly dataOffset?: number
  readonly checksum?: number
}

/** RFC 9293. */
export function tcp(source: number, destination: number, options: TcpOptions = {}): Layer {
  const { flags = ACK, options: optionBytes = Buffer.alloc(0) } = options
  const dataOffset = options.dataOffset ?? 5 + optionBytes.length / 4
  return {
    bytes: (rest, { addresses }) => {
      const header = Buffer.concat([
        fields([16, source], [16, destination], [32, options.sequence ?? 0]),
        fields([32, options.acknowledgment ?? 0], [8, dataOffset << 4], [8, flags]),
        fields([16, options.window ?? 0xffff], [16, 0], [16, 0]),
        optionBytes,
      ])
      const sum = transportChecksum(addresses, TCP, Buffer.concat([header, rest]))
      header.writeUInt16BE(options.checksum ?? sum, 16)
      return header
    },
  }
}

/** RFC 768, where a sum of 0 is sent as 0xffff, for 0 is no sum at all. */
export function udp(
  source: number,
  destination: number,
  options: { readonly length?: number; readonly checksum?: number } = {},
): Layer {
  return {
    bytes: (rest, { addresses }) => {
      const length = options.length ?? 8 + rest.length
      const header = fields([16, source], [16, destination], [16, length], [16, 0])
      const sum = transportChecksum(addresses, UDP, Buffer.concat([header, rest]))
      header.writeUInt16BE(options.checksum ?? (sum || 0xffff), 6)
      return header
    },
  }
}

export const raw = (bytes: Buffer): Layer => ({ bytes: () => bytes })
export const text = (words: string): Layer => raw(Buffer.from(words))
