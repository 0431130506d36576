/** What the data plane counted, summed over all CPUs, and what its numbers mean. */
import type { BpfMap } from '../../native/index.ts'
import { type Verdict, verdicts } from '../../xdp/layout.ts'

/** By index, the fields of an entry in the order of their struct. */
export type Changes = Readonly<Record<string, readonly number[]>>

/** The first entries of a per-CPU array of structs of 64-bit counters. */
export class Counters {
  readonly #map: BpfMap
  readonly #keys: readonly Uint8Array[]
  readonly #fieldCount: number
  #latest: readonly (readonly number[])[]

  constructor(map: BpfMap, entries: number) {
    this.#map = map
    this.#keys = Array.from(
      { length: entries },
      (_, index) => new Uint8Array(Uint32Array.of(index).buffer),
    )
    this.#fieldCount = map.shape.valueSize / 8
    this.#latest = this.#read()
  }

  #read() {
    return this.#keys.map(key => {
      const value = this.#map.get(key)?.slice() ?? new Uint8Array()
      const sums = new Array<number>(this.#fieldCount).fill(0)
      for (const [at, counter] of new BigUint64Array(value.buffer).entries()) {
        const field = at % this.#fieldCount
        sums[field] = (sums[field] ?? 0) + Number(counter)
      }
      return sums
    })
  }

  /** What changed since the last call. */
  changes(): Changes {
    const before = this.#latest
    this.#latest = this.#read()
    const changes: Record<string, readonly number[]> = {}
    for (const [index, fields] of this.#latest.entries()) {
      const change = fields.map((field, at) => field - (before[index]?.[at] ?? 0))
      if (change.some(count => count !== 0)) changes[index] = change
    }
    return changes
  }
}

export function verdictAt(index: number): Verdict {
  const verdict = verdicts[index]
  if (!verdict) throw new RangeError(`there is no verdict ${index}`)
  return verdict.name
}

const ACTIONS = ['aborted', 'drop', 'pass', 'tx', 'redirect'] as const
export type Action = (typeof ACTIONS)[number]

export function actionAt(returned: number): Action {
  const action = ACTIONS[returned]
  if (!action) throw new RangeError(`${returned} is no XDP action`)
  return action
}
