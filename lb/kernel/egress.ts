/**
 * Interfaces that packets are redirected to. A driver takes redirected frames only where an XDP
 * program is attached, so that one that does nothing sits on each that has none of ours.
 */
import { type BpfMap, KernelError, type Program } from '../../native/index.ts'
import type { Report } from '../report.ts'
import { indexKey, keyIndex } from './key.ts'
import { keepLinked, unlinkProgram } from './links.ts'
import type { Pins } from './pins.ts'

/** Another program is there already: that serves as well. */
const TAKEN = 'EBUSY'

/** Only generic mode can redirect to an interface whose driver has no native XDP, or is not let use it. */
const CLOSED = ['EEXIST', 'EOPNOTSUPP']

export class EgressInterfaces {
  readonly #pins: Pins
  readonly #map: BpfMap
  readonly #pass: Program
  /** Interfaces that the load balancer itself is on. */
  readonly #own: ReadonlySet<number>
  readonly #report: Report

  constructor(
    pins: Pins,
    map: BpfMap,
    pass: Program,
    own: ReadonlySet<number>,
    report: Report,
  ) {
    this.#report = report
    this.#pins = pins
    this.#map = map
    this.#pass = pass
    this.#own = own
  }

  add(ifindex: number): void {
    if (!this.#own.has(ifindex)) this.#openToFrames(ifindex)
    this.#map.set(indexKey(ifindex), indexKey(ifindex))
  }

  /** After the load balancer went on interfaces, or off them. */
  follow(): void {
    const egress = new Set([...this.#map.entries()].map(([key]) => keyIndex(key)))
    for (const ifindex of egress) if (!this.#own.has(ifindex)) this.#openToFrames(ifindex)
    for (const ifindex of this.#pins.egressInterfaces())
      if (!egress.has(ifindex)) unlinkProgram(this.#pins.egress(ifindex))
  }

  #openToFrames(ifindex: number): void {
    try {
      keepLinked(this.#pass, ifindex, 'native', this.#pins.egress(ifindex)).close()
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
      if (error.code === TAKEN) return
      if (!CLOSED.includes(error.code)) throw error
      this.#report('warn', 'egress-without-xdp', { ifindex, error: error.message })
    }
  }

  remove(ifindex: number): void {
    this.#map.delete(indexKey(ifindex))
    unlinkProgram(this.#pins.egress(ifindex))
  }
}
