import { availableParallelism } from 'node:os'
import t from 'tap'
import { possibleCpus } from '../../native/index.ts'
import {
  ARRAY,
  DEVMAP_HASH,
  HASH,
  LPM_TRIE,
  makeMap,
  NO_PREALLOC,
  PERCPU_ARRAY,
  PERCPU_HASH,
  RING,
  sorted,
  u32,
  u64,
} from './maps.ts'

const LOOPBACK = 1

t.test('a batch is the same as its writes one by one, whatever the kernel can', async t => {
  const keys = u32(...Array(10_000).keys())
  for (const type of [HASH, PERCPU_HASH, ARRAY]) {
    using map = makeMap({ type, maxEntries: 10_000 })
    const size = type === PERCPU_HASH ? 8 * possibleCpus : 8
    const values = Buffer.alloc(10_000 * size, keys.subarray(0, 7919))
    map.setBatch(keys, values)

    const found = sorted(map)
    t.same(Buffer.concat(found.map(([key]) => key)), Buffer.from(keys))
    t.same(Buffer.concat(found.map(([, value]) => value)), values)
  }
})

t.test('a map without batches is written and walked all the same', async t => {
  using map = makeMap({ type: DEVMAP_HASH, valueSize: 4, maxEntries: 8 })
  map.setBatch(u32(7, 9), u32(LOOPBACK, LOOPBACK))
  t.same(sorted(map), [
    [u32(7), u32(LOOPBACK)],
    [u32(9), u32(LOOPBACK)],
  ])
  map.clear()
  t.same([...map.entries()], [])
  t.throws(() => map.setBatch(u32(1), u32(0x7fffffff)), { code: 'EINVAL' })
})

t.test('a per-CPU value is those of all possible CPUs, each rounded up to 8 bytes', async t => {
  t.ok(possibleCpus >= availableParallelism())
  for (const type of [PERCPU_HASH, PERCPU_ARRAY]) {
    using map = makeMap({ type, valueSize: 4 })
    const value = new Uint8Array(8 * possibleCpus)
    for (let cpu = 0; cpu < possibleCpus; cpu++) value[8 * cpu] = cpu + 1
    map.set(u32(3), value)
    t.same(map.get(u32(3)), value)
  }
})

t.test('an array that is cleared holds zeros', async t => {
  for (const type of [ARRAY, PERCPU_ARRAY]) {
    using map = makeMap({ type, maxEntries: 3 })
    const [zeros = u64()] = [...map.entries()].map(([, value]) => value)
    map.set(u32(1), Uint8Array.from(zeros).fill(1))
    map.clear()
    t.same(
      [...map.entries()].map(([, value]) => value),
      [zeros, zeros, zeros],
    )
    t.throws(() => map.delete(u32(0)), { code: 'EINVAL', message: /^delete from test: / })
  }
})

t.test('prefixes are walked like any other key', async t => {
  using map = makeMap({ type: LPM_TRIE, keySize: 8, flags: NO_PREALLOC })
  map.set(u32(8, 10), u64(1))
  map.set(u32(32, 10), u64(2))
  t.same(map.get(u32(32, 10)), u64(2))
  t.equal([...map.entries()].length, 2)
})

t.test('a ring has no entries', async t => {
  using ring = makeMap({ type: RING, keySize: 0, valueSize: 0, maxEntries: 4096 })
  t.throws(() => [...ring.entries()], { name: 'KernelError' })
  t.throws(() => ring.setBatch(u32(1), u64(1)), { code: 'EINVAL' })
})
