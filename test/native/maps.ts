/** Maps to test with, and what the kernel calls their kinds. */
import { BpfMap, type NewMap } from '../../native/index.ts'

export const HASH = 1
export const ARRAY = 2
export const PROGRAM_ARRAY = 3
export const PERCPU_HASH = 5
export const PERCPU_ARRAY = 6
export const LRU_HASH = 9
export const LPM_TRIE = 11
export const ARRAY_OF_MAPS = 12
export const HASH_OF_MAPS = 13
export const DEVMAP_HASH = 25
export const RING = 27
export const NO_PREALLOC = 1
export const MMAPABLE = 1024
export const INNER_MAP = 4096

export const u32 = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer)
export const u64 = (...values: number[]) =>
  new Uint8Array(BigUint64Array.from(values, value => BigInt(value)).buffer)

export const makeMap = (more: Partial<NewMap> = {}) =>
  BpfMap.create({
    type: HASH,
    keySize: 4,
    valueSize: 8,
    maxEntries: 100,
    name: 'test',
    ...more,
  })

const numberOf = (key: Uint8Array) => new DataView(key.buffer).getUint32(0, true)

/** The entries by number: the kernel has them in the order of its hash. */
export const sorted = (map: BpfMap) =>
  [...map.entries()].sort(([a], [b]) => numberOf(a) - numberOf(b))
