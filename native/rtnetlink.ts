/** The host's routing as the kernel knows it: links, addresses, routes and neighbours. */
import { KernelError, NetlinkSocket } from './index.ts'
import { CREATE, DUMP, decode, encode, u32, wasInterrupted } from './netlink-message.ts'
import {
  Attribute,
  familyOf,
  type HostAddress,
  hostAddressOf,
  isIpNeighbour,
  type Link,
  linkOf,
  type Neighbour,
  neighbourOf,
  type Route,
  routeOf,
  unmapped,
} from './routing-records.ts'

export type { HostAddress, Link, Neighbour, Route } from './routing-records.ts'

/** In the order of the message types: each has four. */
const CHANGES = ['link', 'address', 'route', 'neighbour'] as const
export type Change = (typeof CHANGES)[number]

const GETLINK = 18
const GETADDR = 22
const GETROUTE = 26
const NEWNEIGH = 28
const GETNEIGH = 30

/** LINK, NEIGH, IPV4_IFADDR, IPV4_ROUTE, IPV6_IFADDR, IPV6_ROUTE. */
const GROUPS = [1, 3, 5, 7, 9, 11]

const NEIGHBOUR_USE = 1
const NEIGHBOUR_MANAGED = 1
const NO_STATE = 0
const PERMANENT = 0x80

/** What the kernel says of destinations that no route, or a forbidding one, leads to. */
const UNREACHABLE = ['ENETUNREACH', 'EHOSTUNREACH', 'EACCES', 'EINVAL']
/** What it says of a neighbour or an interface that is no more. */
const GONE = ['ENOENT', 'ENODEV']

export class Routing implements Disposable {
  readonly #socket: NetlinkSocket

  /** With `onChange`, watches until closed; it is called once a kind for what came together. */
  constructor(onChange?: (change: Change) => void) {
    const tell = (messages: Uint8Array) => {
      for (const change of changesIn(messages)) onChange?.(change)
    }
    this.#socket = new NetlinkSocket(GROUPS, onChange && tell)
  }

  async links(): Promise<Link[]> {
    return (await this.#dump(GETLINK, 16, 'list links')).map(linkOf)
  }

  async addresses(): Promise<HostAddress[]> {
    return (await this.#dump(GETADDR, 8, 'list addresses')).map(hostAddressOf)
  }

  async neighbours(): Promise<Neighbour[]> {
    const bodies = await this.#dump(GETNEIGH, 12, 'list neighbours')
    return bodies.filter(isIpNeighbour).map(neighbourOf)
  }

  /** How packets leave for an address; undefined if they do not. */
  async routeTo(address: Uint8Array): Promise<Route | undefined> {
    const destination = unmapped(address)
    const fixed = Buffer.alloc(12)
    fixed.writeUInt8(familyOf(address), 0)
    fixed.writeUInt8(destination.length * 8, 1)
    const request = encode(GETROUTE, 0, fixed, [[Attribute.route.destination, destination]])
    try {
      const [route] = decode(await this.#socket.request(request, 'find route'))
      return route && routeOf(route.body)
    } catch (error) {
      if (isRefusal(error, UNREACHABLE)) return undefined
      throw error
    }
  }

  /** Asks the kernel to resolve a neighbour and to keep it resolved. */
  async manage(index: number, address: Uint8Array): Promise<void> {
    const managed = [[Attribute.neighbour.flags, u32(NEIGHBOUR_MANAGED)]] as const
    await this.#useNeighbour(index, address, CREATE, managed, 'manage neighbour')
  }

  /** The kernel may forget the neighbour again; fine if it, or its interface, is gone already. */
  async release(index: number, address: Uint8Array): Promise<void> {
    try {
      await this.#useNeighbour(index, address, 0, [], 'release neighbour')
    } catch (error) {
      if (!isRefusal(error, GONE)) throw error
    }
  }

  close(): void {
    this.#socket.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  async #dump(type: number, fixed: number, attempt: string): Promise<Buffer[]> {
    const request = encode(type, DUMP, Buffer.alloc(fixed))
    let answer: Uint8Array
    do answer = await this.#socket.request(request, attempt)
    while (wasInterrupted(answer))
    return decode(answer).map(({ body }) => body)
  }

  async #useNeighbour(
    index: number,
    address: Uint8Array,
    flags: number,
    extended: readonly (readonly [number, Uint8Array])[],
    attempt: string,
  ): Promise<void> {
    // Using one that the operator has set for good would make the kernel forget it.
    if ((await this.#neighbourState(index, address)) & PERMANENT) return
    const fixed = neighbourHeader(index, address)
    fixed.writeUInt8(NEIGHBOUR_USE, 10)
    const neighbour = [Attribute.neighbour.address, unmapped(address)] as const
    await this.#socket.request(
      encode(NEWNEIGH, flags, fixed, [neighbour, ...extended]),
      attempt,
    )
  }

  async #neighbourState(index: number, address: Uint8Array): Promise<number> {
    const neighbour = [Attribute.neighbour.address, unmapped(address)] as const
    const request = encode(GETNEIGH, 0, neighbourHeader(index, address), [neighbour])
    try {
      const [found] = decode(await this.#socket.request(request, 'find neighbour'))
      return found ? neighbourOf(found.body).state : NO_STATE
    } catch (error) {
      if (isRefusal(error, ['ENOENT'])) return NO_STATE
      throw error
    }
  }
}

const isRefusal = (error: unknown, codes: readonly string[]) =>
  error instanceof KernelError && codes.includes(error.code)

function neighbourHeader(index: number, address: Uint8Array): Buffer {
  const fixed = Buffer.alloc(12)
  fixed.writeUInt8(familyOf(address), 0)
  fixed.writeInt32LE(index, 4)
  return fixed
}

/** No messages at all say that some were lost: then anything may have changed. */
function changesIn(messages: Uint8Array): Iterable<Change> {
  if (messages.length === 0) return CHANGES
  const kinds = decode(messages).flatMap(({ type }) => CHANGES[(type - 16) >> 2] ?? [])
  return new Set(kinds)
}
