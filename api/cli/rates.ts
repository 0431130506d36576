/** From counters to rates, and their recent past. */

export interface VipCounters {
  readonly vip: string
  readonly packets: number
  readonly bytes: number
  readonly newFlows: number
}

export interface BackendCounters {
  readonly pool: string
  readonly backend: string
  readonly packets: number
  readonly bytes: number
  readonly strayPackets: number
}

/** /v1/stats, as JSON numbers arrive. */
export interface Stats {
  readonly time: string
  readonly vips: readonly VipCounters[]
  readonly backends: readonly BackendCounters[]
  readonly verdicts: Readonly<Record<string, number>>
}

/** Counters by what they count, as `vip/www/packets`. */
type Counts = ReadonlyMap<string, number>

/** All counters of a moment under one kind of name. */
function countsOf({ vips, backends, verdicts }: Stats): Counts {
  return new Map([
    ...vips.flatMap(({ vip, ...counters }) => named(`vip/${vip}`, counters)),
    ...backends.flatMap(({ pool, backend, ...counters }) =>
      named(`backend/${pool}/${backend}`, counters),
    ),
    ...named('verdict', verdicts),
  ])
}

const named = (of: string, counters: object): [string, number][] =>
  Object.entries(counters).map(([field, count]) => [`${of}/${field}`, count])

const HISTORY = 30
const BARS = '▁▂▃▄▅▆▇█'

/** Rates of each counter between the last two moments, and their past. */
export class Rates {
  #counts: Counts
  #time: number
  readonly #history = new Map<string, number[]>()

  constructor(first: Stats) {
    this.#counts = countsOf(first)
    this.#time = Date.parse(first.time)
  }

  next(stats: Stats): void {
    const counts = countsOf(stats)
    const time = Date.parse(stats.time)
    const seconds = Math.max((time - this.#time) / 1000, Number.MIN_VALUE)
    for (const [name, count] of counts) {
      // What was deleted and made anew counts from zero.
      const rate = Math.max(0, count - (this.#counts.get(name) ?? 0)) / seconds
      this.#history.set(name, [...(this.#history.get(name) ?? []), rate].slice(-HISTORY))
    }
    this.#counts = counts
    this.#time = time
  }

  rate(name: string): number {
    return this.#history.get(name)?.at(-1) ?? 0
  }

  /** The past of a rate as bars, the highest of them full. */
  sparkline(name: string): string {
    const rates = this.#history.get(name) ?? []
    const highest = Math.max(...rates, Number.MIN_VALUE)
    return rates
      .map(rate => BARS[Math.round((rate / highest) * (BARS.length - 1))] ?? '')
      .join('')
  }
}
