/**
 * The way to every backend: route, next hop and its MAC, as the kernel has them, followed over
 * netlink. XDP cannot wait for ARP, so the kernel is asked to keep each next hop resolved.
 */
import { isIpv4, parseAddress } from '../address.ts'
import type { Observed } from '../compile.ts'
import type { Path } from '../header/build.ts'
import type { Report } from '../report.ts'
import type { KeyText } from '../tables.ts'
import { Hops } from './hops.ts'

/** Netlink speaks in bursts: one look a burst is enough. */
const BURST_MS = 20

/** Fixed outer sources; where one is absent, the route's own source is taken. */
export interface Sources {
  readonly ipv4?: Uint8Array
  readonly ipv6?: Uint8Array
}

const NOWHERE = new Uint8Array(16)

const samePath = (a: Path, b: Path) =>
  a.egress === b.egress &&
  a.mtu === b.mtu &&
  a.vlan === b.vlan &&
  Buffer.compare(a.nextHopMac, b.nextHopMac) === 0 &&
  Buffer.compare(a.sourceMac, b.sourceMac) === 0 &&
  Buffer.compare(a.source, b.source) === 0

export class Paths implements Disposable {
  readonly #hops: Hops
  readonly #sources: Sources
  readonly #report: Report
  readonly #onChange: () => void
  #followed: ReadonlySet<string> = new Set()
  #paths: ReadonlyMap<string, Path> = new Map()
  #local: ReadonlySet<KeyText> = new Set()
  readonly #lost = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  /** Looks are taken one after another: a later one never yields to an earlier one's answers. */
  #looking: Promise<unknown> = Promise.resolve()

  constructor(sources: Sources, report: Report, onChange: () => void) {
    this.#sources = sources
    this.#report = report
    this.#onChange = onChange
    this.#hops = new Hops(report, () => this.#lookSoon())
  }

  get observed(): Observed {
    return { paths: this.#paths, local: this.#local, sources: this.#tunnelSources() }
  }

  /** The name of an interface that a path leads through. */
  nameOf(ifindex: number): string | undefined {
    return this.#hops.nameOf(ifindex)
  }

  /** From now on these are the backends' addresses; resolves when the kernel was asked for all. */
  async follow(addresses: Iterable<string>): Promise<void> {
    const followed = new Set(addresses)
    if (sameKeys(followed, this.#followed)) return
    this.#followed = followed
    for (const address of this.#lost) if (!followed.has(address)) this.#lost.delete(address)
    await this.#look()
  }

  /** These were good once, and are until the network says something else. */
  async recall(paths: ReadonlyMap<string, Path>): Promise<void> {
    const isUsable = (address: string, { egress }: Path) =>
      this.#followed.has(address) && this.#hops.nameOf(egress) !== undefined
    const usable = [...paths].filter(([address, path]) => isUsable(address, path))
    this.#paths = new Map([...usable, ...this.#paths])
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
    this.#hops[Symbol.dispose]()
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
    await this.#hops.refresh(this.#followed)
    const paths = new Map<string, Path>()
    for (const address of this.#followed) {
      const path = this.#pathTo(address)
      if (path) paths.set(address, path)
    }
    const { local } = this.#hops
    const changed = !sameKeys(local, this.#local) || !sameEntries(paths, this.#paths)
    this.#local = local
    this.#paths = paths
    return changed
  }

  /** The path found now; else the last good one, for a neighbour that is silent may be back soon. */
  #pathTo(address: string): Path | undefined {
    const known = this.#paths.get(address)
    const hop = this.#hops.hopTo(address)
    const mac = hop && this.#hops.macOf(hop)
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
