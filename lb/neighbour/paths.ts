/**
 * The way to every backend: route, next hop and its MAC, as the kernel has them, followed over
 * netlink. XDP cannot wait for ARP, so the kernel is asked to keep each next hop resolved.
 */
import { type Link, Routing } from '../../native/rtnetlink.ts'
import { isIpv4, parseAddress } from '../address.ts'
import type { Observed } from '../compile.ts'
import type { Path } from '../header/build.ts'
import type { Report } from '../report.ts'
import { type KeyText, keyText } from '../tables.ts'

/** Netlink speaks in bursts: one look a burst is enough. */
const BURST_MS = 20

/** Fixed outer sources; where one is absent, the route's own source is taken. */
export interface Sources {
  readonly ipv4?: Uint8Array
  readonly ipv6?: Uint8Array
}

/** Where packets for an address go next. */
interface Hop {
  readonly link: Link
  readonly address: Uint8Array
  /** The route's own source address. */
  readonly source: Uint8Array
}

const NOWHERE = new Uint8Array(16)
const ETHERNET_ADDRESS = 6

const neighbourKey = (ifindex: number, address: Uint8Array) => `${ifindex} ${keyText(address)}`

const samePath = (a: Path, b: Path) =>
  a.egress === b.egress &&
  a.mtu === b.mtu &&
  a.vlan === b.vlan &&
  Buffer.compare(a.nextHopMac, b.nextHopMac) === 0 &&
  Buffer.compare(a.sourceMac, b.sourceMac) === 0 &&
  Buffer.compare(a.source, b.source) === 0

export class Paths implements Disposable {
  readonly #routing: Routing
  readonly #sources: Sources
  readonly #report: Report
  readonly #onChange: () => void
  #followed: ReadonlySet<string> = new Set()
  #paths: ReadonlyMap<string, Path> = new Map()
  #local: ReadonlySet<KeyText> = new Set()
  /** Interfaces as they were when routes were last asked for. */
  #links: ReadonlyMap<number, Link> = new Map()
  /** By followed address; undefined where no route leads to it. Empty when routes may have changed. */
  readonly #hops = new Map<string, Hop | undefined>()
  /** What the kernel was asked to keep resolved, by neighbour. */
  readonly #managed = new Map<string, Hop>()
  readonly #lost = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  /** Looks are taken one after another: a later one never yields to an earlier one's answers. */
  #looking: Promise<unknown> = Promise.resolve()

  constructor(sources: Sources, report: Report, onChange: () => void) {
    this.#sources = sources
    this.#report = report
    this.#onChange = onChange
    this.#routing = new Routing(change => {
      if (change !== 'neighbour') this.#hops.clear()
      this.#lookSoon()
    })
  }

  get observed(): Observed {
    return { paths: this.#paths, local: this.#local, sources: this.#tunnelSources() }
  }

  /** The name of an interface that a path leads through. */
  nameOf(ifindex: number): string | undefined {
    return this.#links.get(ifindex)?.name
  }

  /** From now on these are the backends' addresses; resolves when the kernel was asked for all. */
  async follow(addresses: Iterable<string>): Promise<void> {
    const followed = new Set(addresses)
    if (sameKeys(followed, this.#followed)) return
    this.#followed = followed
    for (const address of this.#hops.keys()) if (!followed.has(address)) this.#forget(address)
    await this.#look()
  }

  /** Resolves when every followed address has a path, or after `ms`. */
  async settle(ms: number): Promise<void> {
    const deadline = Date.now() + ms
    while (this.#unresolved().length && Date.now() < deadline) {
      await new Promise(resolve => setTimeout(resolve, BURST_MS))
      await this.#look()
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#routing.close()
  }

  #forget(address: string): void {
    this.#hops.delete(address)
    this.#lost.delete(address)
  }

  #unresolved(): string[] {
    return [...this.#followed].filter(address => !this.#paths.has(address))
  }

  #lookSoon(): void {
    this.#timer ??= setTimeout(async () => {
      this.#timer = undefined
      try {
        if (await this.#look()) this.#onChange()
      } catch (error) {
        this.#report('warn', 'netlink-failed', { error: String(error) })
      }
    }, BURST_MS)
  }

  /** Asks the kernel anew; tells whether anything is different. */
  #look(): Promise<boolean> {
    const look = this.#looking.then(() => this.#lookNow())
    this.#looking = look.catch(() => undefined)
    return look
  }

  async #lookNow(): Promise<boolean> {
    const local = this.#hops.size === 0 ? await this.#localAddresses() : this.#local
    await this.#findHops()
    await this.#manage()

    const macs = await this.#neighbourMacs()
    const paths = new Map<string, Path>()
    for (const address of this.#followed) {
      const path = this.#pathTo(address, macs)
      if (path) paths.set(address, path)
    }
    const changed = !sameKeys(local, this.#local) || !sameEntries(paths, this.#paths)
    this.#local = local
    this.#paths = paths
    return changed
  }

  async #localAddresses(): Promise<Set<KeyText>> {
    return new Set((await this.#routing.addresses()).map(({ address }) => keyText(address)))
  }

  async #neighbourMacs(): Promise<Map<string, Uint8Array>> {
    const neighbours = await this.#routing.neighbours()
    return new Map(
      neighbours.flatMap(({ index, address, mac }) =>
        mac ? [[neighbourKey(index, address), mac] as const] : [],
      ),
    )
  }

  /** Routes are asked for once, and again when any of them may have changed. */
  async #findHops(): Promise<void> {
    const unknown = [...this.#followed].filter(address => !this.#hops.has(address))
    if (unknown.length === 0) return
    this.#links = new Map((await this.#routing.links()).map(link => [link.index, link]))
    for (const address of unknown) this.#hops.set(address, await this.#hopTo(address))
  }

  async #hopTo(address: string): Promise<Hop | undefined> {
    const destination = parseAddress(address)
    const route = await this.#routing.routeTo(destination)
    const link = route && this.#links.get(route.egress)
    if (!route || !link?.up || link.mac.length !== ETHERNET_ADDRESS) return undefined
    return { link, address: route.gateway ?? destination, source: route.source }
  }

  /** The path found now; else the last good one, for a neighbour that is silent may be back soon. */
  #pathTo(address: string, macs: ReadonlyMap<string, Uint8Array>): Path | undefined {
    const known = this.#paths.get(address)
    const hop = this.#hops.get(address)
    const mac = hop && macs.get(neighbourKey(hop.link.index, hop.address))
    this.#noteLoss(address, known !== undefined && !mac)
    if (!mac) return known

    const destination = parseAddress(address)
    const found = {
      egress: hop.link.index,
      mtu: hop.link.mtu,
      sourceMac: hop.link.mac,
      nextHopMac: mac,
      source: this.#sourceFor(destination) ?? hop.source,
      destination,
    }
    return known && samePath(known, found) ? known : found
  }

  #noteLoss(backend: string, lost: boolean): void {
    if (lost === this.#lost.has(backend)) return
    if (lost) this.#lost.add(backend)
    else this.#lost.delete(backend)
    this.#report(lost ? 'warn' : 'info', lost ? 'next-hop-lost' : 'next-hop-back', { backend })
  }

  #sourceFor(destination: Uint8Array): Uint8Array | undefined {
    return isIpv4(destination) ? this.#sources.ipv4 : this.#sources.ipv6
  }

  /** The kernel keeps resolved what we need, and no longer what we do not. */
  async #manage(): Promise<void> {
    const needed = new Map<string, Hop>()
    for (const address of this.#followed) {
      const hop = this.#hops.get(address)
      if (hop) needed.set(neighbourKey(hop.link.index, hop.address), hop)
    }
    for (const [key, hop] of needed) {
      if (this.#managed.has(key)) continue
      await this.#routing.manage(hop.link.index, hop.address)
      this.#managed.set(key, hop)
    }
    for (const [key, hop] of this.#managed) {
      if (needed.has(key)) continue
      await this.#routing.release(hop.link.index, hop.address)
      this.#managed.delete(key)
    }
  }

  /** What the program takes for a loop when it comes in: one source a family. */
  #tunnelSources(): readonly [Uint8Array, Uint8Array] {
    const used = [...this.#paths.values()].map(({ source }) => source)
    return [
      this.#sources.ipv4 ?? used.find(isIpv4) ?? NOWHERE,
      this.#sources.ipv6 ?? used.find(source => !isIpv4(source)) ?? NOWHERE,
    ]
  }
}

function sameKeys(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every(key => b.has(key))
}

function sameEntries<V>(a: ReadonlyMap<string, V>, b: ReadonlyMap<string, V>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value)
}
