/** What the data plane counted between two moments: only what changed, summed over all CPUs. */
import type { BpfMap } from '../../native/index.ts'
import { type Verdict, verdicts } from '../../xdp/layout.ts'

type Counts = readonly (readonly number[])[]
/** By index, the fields of an entry in the order of their struct. */
export type Changes = Readonly<Record<string, readonly number[]>>

/** The fields of each of the first entries of a per-CPU array of 64-bit counters. */
export function readCounts(map: BpfMap, entries: number): Counts {
  const fieldCount = map.shape.valueSize / 8
  return Array.from({ length: entries }, (_, index) => {
    const value = map.get(new Uint8Array(Uint32Array.of(index).buffer)) ?? new Uint8Array()
    const counters = new BigUint64Array(value.slice().buffer)
    const sums = new Array<number>(fieldCount).fill(0)
    for (const [at, counter] of counters.entries())
      sums[at % fieldCount] = (sums[at % fieldCount] ?? 0) + Number(counter)
    return sums
  })
}

export function changesBetween(before: Counts, after: Counts): Changes {
  const changes: Record<string, readonly number[]> = {}
  for (const [index, fields] of after.entries()) {
    const change = fields.map((field, at) => field - (before[index]?.[at] ?? 0))
    if (change.some(count => count !== 0)) changes[index] = change
  }
  return changes
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
