/** How long a pool's rows take to build, and how many flows a lost backend moves that were not its own. */
import { buildRows, type Share } from '../lb/rows.ts'
import { type Case, summary } from './case.ts'

const ROWS = 65536
const ROUNDS = 61
const WARM_UP = 30
/** What moves depends on the seed a little: one is not enough. */
const SEEDS = 5

const seedOf = (number: number) => new Uint8Array(32).fill(number)

const equalBackends = (count: number): readonly Share[] =>
  Array.from({ length: count }, (_, at) => ({ id: `backend-${at}`, index: at + 1, weight: 1 }))

function milliseconds(work: () => void): number {
  const start = process.hrtime.bigint()
  work()
  return Number(process.hrtime.bigint() - start) / 1e6
}

function building(count: number, bar: number): Case {
  const backends = equalBackends(count)
  const build = (_: unknown, round: number) =>
    milliseconds(() => buildRows(backends, seedOf(round), ROWS))
  Array.from({ length: WARM_UP }, build)
  const times = Array.from({ length: ROUNDS }, build)
  return { case: `rows-${count}-backends`, ...summary(times), unit: 'ms', bar }
}

/** Percent of the rows of the others that change hands when `lost` goes. */
function foreignMoved(before: Uint16Array, after: Uint16Array, lost: Share): number {
  const foreign = before.filter(owner => owner !== lost.index)
  const moved = before.filter((owner, row) => owner !== lost.index && after[row] !== owner)
  return (100 * moved.length) / foreign.length
}

function losing(count: number): readonly Case[] {
  const backends = equalBackends(count)
  const moved = Array.from({ length: SEEDS }, (_, at) => seedOf(at)).flatMap(seed => {
    const before = buildRows(backends, seed, ROWS)
    return backends.map(lost => {
      const others = backends.filter(({ id }) => id !== lost.id)
      return foreignMoved(before, buildRows(others, seed, ROWS), lost)
    })
  })
  const spread = summary(moved)
  const mean = moved.reduce((sum, share) => sum + share, 0) / moved.length
  const name = `rows-moved-1-of-${count}`
  return [
    { case: `${name}-mean`, ...spread, value: mean, unit: '%', bar: 0.6 },
    { case: `${name}-worst`, ...spread, value: spread.max, unit: '%', bar: 0.7 },
  ]
}

export async function rows(): Promise<readonly Case[]> {
  return [building(100, 2), building(1000, 3), ...losing(100)]
}
