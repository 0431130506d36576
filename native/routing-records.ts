/** What the kernel tells about links, addresses, routes and neighbours, decoded from netlink. */
import { attributes } from './netlink-message.ts'

/** All addresses are 16 bytes; IPv4 is mapped (::ffff:a.b.c.d). */
export interface Link {
  readonly index: number
  readonly name: string
  /** As many bytes as its kind of interface has; none for some tunnels. */
  readonly mac: Uint8Array
  readonly mtu: number
  /** Enabled, and able to carry packets. */
  readonly up: boolean
  /** The bridge or bond that it is part of. */
  readonly master?: number
}

export interface HostAddress {
  readonly index: number
  readonly address: Uint8Array
  /** How many bits of the 16 bytes name the network: 96 more for IPv4 than it says itself. */
  readonly prefix: number
}

export interface Route {
  readonly egress: number
  readonly gateway?: Uint8Array
  /** Zero where the host has no address to send from. */
  readonly source: Uint8Array
}

export interface Neighbour {
  readonly index: number
  readonly address: Uint8Array
  /** Only while it is believed. */
  readonly mac?: Uint8Array
  /** NUD_*. */
  readonly state: number
}

const IPV4 = 2
const IPV6 = 10
const UP_AND_RUNNING = 0x41
const UNICAST = 1
const IPV4_LENGTH = 4

export const Attribute = {
  link: { mac: 1, name: 3, mtu: 4, master: 10 },
  address: { address: 1, local: 2 },
  route: { destination: 1, egress: 4, gateway: 5, source: 7, via: 18 },
  neighbour: { address: 1, mac: 2, flags: 15 },
} as const

const MAPPED = Buffer.from('00000000000000000000ffff', 'hex')
const UNSPECIFIED = new Uint8Array(16)

export const familyOf = (address: Uint8Array) =>
  MAPPED.equals(address.subarray(0, MAPPED.length)) ? IPV4 : IPV6

export const unmapped = (address: Uint8Array) =>
  familyOf(address) === IPV4 ? address.subarray(MAPPED.length) : address

const mapped = (bytes: Buffer) =>
  Uint8Array.from(bytes.length === IPV4_LENGTH ? [...MAPPED, ...bytes] : bytes)

/** An attribute that every message of its type has. */
function required(found: ReadonlyMap<number, Buffer>, type: number): Buffer {
  const value = found.get(type)
  if (!value) throw new Error(`netlink message without attribute ${type}`)
  return value
}

export function linkOf(body: Buffer): Link {
  const found = attributes(body, 16)
  const { mac, name, mtu, master } = Attribute.link
  const masterIndex = found.get(master)?.readUInt32LE()
  return {
    index: body.readInt32LE(4),
    name: required(found, name).toString('utf8').replace('\0', ''),
    mac: Uint8Array.from(found.get(mac) ?? []),
    mtu: required(found, mtu).readUInt32LE(),
    up: (body.readUInt32LE(8) & UP_AND_RUNNING) === UP_AND_RUNNING,
    ...(masterIndex !== undefined && { master: masterIndex }),
  }
}

/** On a point-to-point link, `address` is the peer's and `local` ours. */
export function hostAddressOf(body: Buffer): HostAddress {
  const found = attributes(body, 8)
  const { address, local } = Attribute.address
  const own = found.get(local) ?? required(found, address)
  const prefix = body.readUInt8(1) + (own.length === IPV4_LENGTH ? MAPPED.length * 8 : 0)
  return { index: body.readUInt32LE(4), address: mapped(own), prefix }
}

export const isIpNeighbour = (body: Buffer) => [IPV4, IPV6].includes(body.readUInt8(0))

export function neighbourOf(body: Buffer): Neighbour {
  const found = attributes(body, 12)
  const mac = found.get(Attribute.neighbour.mac)
  return {
    index: body.readInt32LE(4),
    address: mapped(required(found, Attribute.neighbour.address)),
    ...(mac && { mac: Uint8Array.from(mac) }),
    state: body.readUInt16LE(8),
  }
}

/** Nothing for a route that keeps packets on the host or drops them. */
export function routeOf(body: Buffer): Route | undefined {
  if (body.readUInt8(7) !== UNICAST) return undefined
  const found = attributes(body, 12)
  // `via` is a gateway of the other family, which stands before its address.
  const gateway =
    found.get(Attribute.route.gateway) ?? found.get(Attribute.route.via)?.subarray(2)
  const source = found.get(Attribute.route.source)
  return {
    egress: required(found, Attribute.route.egress).readUInt32LE(),
    ...(gateway && { gateway: mapped(gateway) }),
    source: source ? mapped(source) : UNSPECIFIED,
  }
}
