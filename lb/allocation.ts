/**
 * Which index of the kernel's tables belongs to what. Indices outlive a restart, for rows and
 * pinned flows name backends by them; a name that is gone gives its index back.
 */
import { Refusal } from './errors.ts'

export interface BackendPlace {
  readonly index: number
  /** Differs for each backend that ever had this index. */
  readonly generation: number
}

export interface Allocation {
  readonly vips: ReadonlyMap<string, number>
  /** By pool and number of rows: a table that grows is another table. */
  readonly tables: ReadonlyMap<string, number>
  /** By `pool/backend`. */
  readonly backends: ReadonlyMap<string, BackendPlace>
  /** The last generation given to a backend: 1 to 65535, 0 is no backend's. */
  readonly generation: number
}

export const emptyAllocation: Allocation = {
  vips: new Map(),
  tables: new Map(),
  backends: new Map(),
  generation: 0,
}

/** Index 0 is nobody in every table. */
const FIRST_INDEX = 1
const LAST_GENERATION = 0xffff

const tooMany = (setting: string, capacity: number) =>
  new Refusal(
    'capacity',
    'capacity-exceeded',
    `the node file's capacity.${setting} is ${capacity}, and more are asked for`,
  )

/** Gives out the lowest indices that nobody has, from 1 to `capacity`. */
function freeIndices(taken: Iterable<number>, capacity: number, setting: string): () => number {
  const used = new Set(taken)
  let next = FIRST_INDEX
  return () => {
    while (used.has(next)) next++
    if (next > capacity) throw tooMany(setting, capacity)
    return next++
  }
}

/**
 * Keeps the index of every name that stays, frees the others', gives new names indices that
 * nobody had before this change: what is freed now may still be in use by a packet on its way.
 */
export function allocate(
  previous: ReadonlyMap<string, number>,
  names: Iterable<string>,
  capacity: number,
  setting: string,
): Map<string, number> {
  const free = freeIndices(previous.values(), capacity, setting)
  const result = new Map<string, number>()
  for (const name of names) result.set(name, previous.get(name) ?? free())
  return result
}

export function allocateBackends(
  previous: Allocation,
  names: Iterable<string>,
  capacity: number,
): Pick<Allocation, 'backends' | 'generation'> {
  const taken = [...previous.backends.values()].map(({ index }) => index)
  const free = freeIndices(taken, capacity, 'backends')
  const backends = new Map<string, BackendPlace>()
  let generation = previous.generation
  for (const name of names) {
    const kept = previous.backends.get(name)
    if (!kept) generation = (generation % LAST_GENERATION) + 1
    backends.set(name, kept ?? { index: free(), generation })
  }
  return { backends, generation }
}
