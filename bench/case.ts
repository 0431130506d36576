/** One measured figure and the bar that it has to hold. */

export interface Case {
  readonly case: string
  /** Of the traffic, where it matters how many there are. */
  readonly flows?: number
  /** Mostly the median of the rounds; `min` and `max` are of the single rounds. */
  readonly value: number
  readonly min: number
  readonly max: number
  readonly rounds: number
  readonly unit: string
  readonly bar?: number
  /** The bar is the least that is good, not the most. */
  readonly moreIsBetter?: boolean
  /** What else a reader of the table should see, by the title of the column. */
  readonly beside?: Readonly<Record<string, number>>
}

/** What the command line asks of a benchmark; each heeds what concerns it. */
export interface Options {
  readonly rounds: number
  /** Of one case alone. */
  readonly only?: string | undefined
  /** Another build of the program. */
  readonly elf?: string | undefined
}

export function holds({ bar, value, moreIsBetter }: Case): boolean {
  if (bar === undefined) return true
  return moreIsBetter ? value >= bar : value <= bar
}

export function summary(values: readonly number[]) {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN
  return { value: at(0.5), min: at(0), max: at(1), rounds: values.length }
}

/** As --json, the table and the chart show a figure: nobody can measure more. */
export const tenth = (value: number) => Math.round(value * 10) / 10

/** 65536 -> 64k, 1048576 -> 1M: flows are powers of two. */
function shortCount(count: number): string {
  if (count >= 2 ** 20) return `${count / 2 ** 20}M`
  return count >= 2 ** 10 ? `${count / 2 ** 10}k` : `${count}`
}

export const title = ({ case: name, flows }: Case) =>
  flows === undefined ? name : `${name}, ${shortCount(flows)}`
