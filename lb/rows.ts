/**
 * Who takes the flows of each row: weighted Maglev hashing. Every backend has its own permutation
 * of the rows and picks, when it is its turn, the next one in it that is still free. So one backend
 * more or less moves its own rows and few others.
 *
 * A pure function of ids, weights and the seed: every node of a fleet computes the same rows.
 */
import { hash } from 'node:crypto'

export interface Share {
  readonly id: string
  /** In the kernel's table of backends, from 1. */
  readonly index: number
  readonly weight: number
}

interface Picker extends Share {
  readonly step: number
  /** The row that it asks for next. */
  position: number
  /** From there to the row after that. */
  stride: number
  /** Rows that it still has to pick. */
  left: number
}

/** Backends of one weight: they pick in the same rounds. */
interface Rank {
  readonly weight: number
  readonly members: readonly Picker[]
  turns: number
}

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b))

/** Those that take rows, in an order and with weights that do not depend on how they came. */
function canonical(backends: readonly Share[]): readonly Share[] {
  const serving = backends.filter(({ weight }) => weight > 0)
  const divisor = serving.reduce((all, { weight }) => commonDivisor(all, weight), 0)
  return serving
    .map(({ id, index, weight }) => ({ id, index, weight: weight / divisor }))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
}

/**
 * A permutation of the rows: their count is a power of two, so 0, 1, 3, 6, 10… times an odd step
 * reaches each. Strides grow because two backends whose constant strides came out alike would claim
 * the same rows all the way, and any change would swap one's rows for the other's.
 */
function permutationOf(id: string, key: string, mask: number) {
  const digest = hash('sha256', key + id)
  const step = (Number.parseInt(digest.slice(8, 16), 16) & mask) | 1
  return { position: Number.parseInt(digest.slice(0, 8), 16) & mask, step, stride: step }
}

/** Each is to pick its exact share of the rows, rounded down or up by the largest remainder. */
function pickersOf(backends: readonly Share[], seed: Uint8Array, rows: number): Picker[] {
  const key = Buffer.from(seed).toString('hex')
  const total = backends.reduce((sum, { weight }) => sum + weight, 0)
  const pickers = backends.map(backend => ({
    ...backend,
    ...permutationOf(backend.id, key, rows - 1),
    // As a 32-bit integer, unlike a double from Math.floor, it costs nothing to count down.
    left: ((rows * backend.weight) / total) | 0,
  }))
  const remainder = ({ weight }: Share) => (rows * weight) % total
  const missing = rows - pickers.reduce((sum, { left }) => sum + left, 0)
  const first = pickers.toSorted((a, b) => remainder(b) - remainder(a)).slice(0, missing)
  for (const picker of first) picker.left++
  return pickers
}

function pick(picker: Picker, owners: Uint16Array): void {
  const { step } = picker
  const mask = owners.length - 1
  let { position, stride } = picker
  while (owners[position] !== 0) {
    position = (position + stride) & mask
    stride = (stride + step) & mask
  }
  owners[position] = picker.index
  picker.position = position
  picker.stride = stride
  picker.left--
}

/** A row for each member that still has one to pick. */
function takeTurn(rank: Rank, owners: Uint16Array): void {
  for (const picker of rank.members) if (picker.left > 0) pick(picker, owners)
  rank.turns++
}

function ranksOf(pickers: readonly Picker[]): readonly Rank[] {
  return [...Map.groupBy(pickers, ({ weight }) => weight)]
    .map(([weight, members]) => ({ weight, members, turns: 0 }))
    .sort((a, b) => b.weight - a.weight)
}

/**
 * The backend index of every row, 0 where there is no backend. `rows` is a power of two. Each
 * backend gets its exact share, rounded down or up: equal weights differ by at most one row.
 */
export function buildRows(
  backends: readonly Share[],
  seed: Uint8Array,
  rows: number,
): Uint16Array {
  const owners = new Uint16Array(rows)
  const ranks = ranksOf(pickersOf(canonical(backends), seed, rows))
  const [first] = ranks
  if (!first) return owners
  // The heaviest pick in every round, those of a third of their weight in every third.
  for (let round = 1; owners.includes(0); round++)
    for (const rank of ranks)
      if (rank.turns * first.weight < round * rank.weight) takeTurn(rank, owners)
  return owners
}
