/**
 * Where packets for an address go next, by the kernel's routes and neighbours. What was asked once is
 * remembered until the kernel says that it may be different.
 */
import { KernelError } from '../../native/index.ts'
import { type Link, Routing } from '../../native/rtnetlink.ts'
import { parseAddress } from '../address.ts'
import type { Report } from '../report.ts'
import { type KeyText, keyText } from '../tables.ts'

export interface Hop {
  readonly link: Link
  /** Of the gateway, or of the destination itself where it is on the link. */
  readonly address: Uint8Array
  /** The route's own source address. */
  readonly source: Uint8Array
}

const ETHERNET_ADDRESS = 6

const neighbourKey = (ifindex: number, address: Uint8Array) => `${ifindex} ${keyText(address)}`

export class Hops implements Disposable {
  readonly #routing: Routing
  readonly #report: Report
  #stale = true
  #local: ReadonlySet<KeyText> = new Set()
  #links: ReadonlyMap<number, Link> = new Map()
  /** Those that the kernel knows of, with their MAC where it knows that too. */
  #neighbours: ReadonlyMap<string, Uint8Array | undefined> = new Map()
  /** Undefined where no route leads to the address. */
  readonly #hops = new Map<string, Hop | undefined>()
  /** What the kernel was asked to keep resolved. */
  readonly #managed = new Map<string, Hop>()

  /** `onChange` is called when a refresh may find something else. */
  constructor(report: Report, onChange: () => void) {
    this.#report = report
    this.#routing = new Routing(change => {
      if (change !== 'neighbour') this.#stale = true
      onChange()
    })
  }

  /** The host's own addresses. */
  get local(): ReadonlySet<KeyText> {
    return this.#local
  }

  nameOf(ifindex: number): string | undefined {
    return this.#links.get(ifindex)?.name
  }

  hopTo(address: string): Hop | undefined {
    return this.#hops.get(address)
  }

  macOf({ link, address }: Hop): Uint8Array | undefined {
    return this.#neighbours.get(neighbourKey(link.index, address))
  }

  /** Asks the kernel what is not known of these addresses, and has it keep their neighbours resolved. */
  async refresh(addresses: ReadonlySet<string>): Promise<void> {
    if (this.#stale) await this.#forgetAll()
    for (const address of this.#hops.keys())
      if (!addresses.has(address)) this.#hops.delete(address)
    for (const address of addresses)
      if (!this.#hops.has(address)) this.#hops.set(address, await this.#find(address))
    this.#neighbours = await this.#listNeighbours()
    await this.#manage()
  }

  [Symbol.dispose](): void {
    this.#routing.close()
  }

  /** Stale again if the kernel says so while it is being asked. */
  async #forgetAll(): Promise<void> {
    this.#stale = false
    this.#hops.clear()
    const [links, addresses] = await Promise.all([
      this.#routing.links(),
      this.#routing.addresses(),
    ])
    this.#links = new Map(links.map(link => [link.index, link]))
    this.#local = new Set(addresses.map(({ address }) => keyText(address)))
  }

  async #find(address: string): Promise<Hop | undefined> {
    const destination = parseAddress(address)
    const route = await this.#routing.routeTo(destination)
    const link = route && this.#links.get(route.egress)
    if (!route || !link?.up || link.mac.length !== ETHERNET_ADDRESS) return undefined
    return { link, address: route.gateway ?? destination, source: route.source }
  }

  async #listNeighbours(): Promise<Map<string, Uint8Array | undefined>> {
    const neighbours = await this.#routing.neighbours()
    return new Map(
      neighbours.map(({ index, address, mac }) => [neighbourKey(index, address), mac]),
    )
  }

  async #manage(): Promise<void> {
    const needed = new Map(
      [...this.#hops.values()].flatMap(hop =>
        hop ? [[neighbourKey(hop.link.index, hop.address), hop] as const] : [],
      ),
    )
    // A link that went down for a moment, or an operator, makes the kernel forget whom it managed.
    const isManaged = (key: string) => this.#managed.has(key) && this.#neighbours.has(key)
    for (const [key, hop] of needed)
      if (!isManaged(key) && (await this.#ask('manage', hop))) this.#managed.set(key, hop)
    for (const [key, hop] of this.#managed)
      if (!needed.has(key) && (await this.#ask('release', hop))) this.#managed.delete(key)
  }

  /** A full table of neighbours, say, costs one backend, and must not cost the others. */
  async #ask(what: 'manage' | 'release', { link, address }: Hop): Promise<boolean> {
    try {
      await this.#routing[what](link.index, address)
      return true
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
      this.#report('warn', 'neighbour-refused', { interface: link.name, error: error.message })
      return false
    }
  }
}
