import fc from 'fast-check'
import t from 'tap'
import { buildRows, type Share } from '../../lb/rows.ts'

const SEED = Uint8Array.from({ length: 32 }, (_, at) => at)

const backends = (weights: readonly number[]): readonly Share[] =>
  weights.map((weight, at) => ({ id: `b${at}`, index: at + 1, weight }))

const equal = (count: number) => backends(Array.from({ length: count }, () => 1))

/** Rows of each backend by its index. */
function countsOf(owners: Uint16Array): readonly number[] {
  const counts: number[] = []
  for (const owner of owners) counts[owner] = (counts[owner] ?? 0) + 1
  return counts
}

const weights = (minimum: number) =>
  fc.array(fc.integer({ min: minimum, max: 1000 }), { minLength: 1, maxLength: 60 })
const sizes = fc.integer({ min: 8, max: 13 }).map(power => 2 ** power)
const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 })

t.test('nobody has the rows of a pool without backends', async t => {
  t.same(buildRows([], SEED, 256), new Uint16Array(256))
  t.same(buildRows(backends([0, 0]), SEED, 256), new Uint16Array(256))
})

t.test('one backend has all rows', async t => {
  t.same(buildRows([{ id: 'a', index: 7, weight: 3 }], SEED, 256), new Uint16Array(256).fill(7))
})

t.test('equal weights differ by at most one row', async () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), sizes, seeds, (count, rows, seed) => {
      const counts = countsOf(buildRows(equal(count), seed, rows))
      const taken = equal(count).map(({ index }) => counts[index] ?? 0)
      return Math.max(...taken) - Math.min(...taken) <= 1
    }),
    { numRuns: 40 },
  )
})

t.test('every backend gets its exact share, rounded down or up', async () => {
  fc.assert(
    fc.property(weights(0), sizes, seeds, (given, rows, seed) => {
      const total = given.reduce((sum, weight) => sum + weight, 0)
      fc.pre(total > 0)
      const counts = countsOf(buildRows(backends(given), seed, rows))
      return given.every(
        (weight, at) => Math.abs((counts[at + 1] ?? 0) - (rows * weight) / total) < 1,
      )
    }),
  )
})

t.test('a backend of weight 0 takes no rows and moves nobody', async () => {
  fc.assert(
    fc.property(weights(1), seeds, (given, seed) => {
      const idle = { id: 'a-idle', index: 999, weight: 0 }
      const without = buildRows(backends(given), seed, 1024)
      return Buffer.from(buildRows([idle, ...backends(given)], seed, 1024).buffer).equals(
        Buffer.from(without.buffer),
      )
    }),
  )
})

t.test('neither the order nor a common factor of the weights changes a row', async () => {
  const shuffled = weights(0).chain(given =>
    fc.tuple(
      fc.constant(given),
      fc.shuffledSubarray([...backends(given)], { minLength: given.length }),
      fc.integer({ min: 2, max: 50 }),
    ),
  )
  fc.assert(
    fc.property(shuffled, seeds, ([given, other, factor], seed) => {
      const rows = buildRows(backends(given), seed, 1024)
      const heavier = other.map(backend => ({ ...backend, weight: backend.weight * factor }))
      const others = buildRows(heavier, seed, 1024)
      return rows.every((owner, row) => others[row] === owner)
    }),
    { numRuns: 50 },
  )
})

t.test(
  'indices are names only: another index for a backend leaves every row with it',
  async () => {
    fc.assert(
      fc.property(weights(1), seeds, (given, seed) => {
        const moved = backends(given).map(backend => ({
          ...backend,
          index: backend.index + 500,
        }))
        const rows = buildRows(moved, seed, 1024)
        return buildRows(backends(given), seed, 1024).every(
          (owner, row) => rows[row] === owner + 500,
        )
      }),
      { numRuns: 50 },
    )
  },
)

t.test('another seed gives other rows', async t => {
  const other = SEED.map(byte => byte + 1)
  t.notSame(buildRows(equal(10), SEED, 256), buildRows(equal(10), other, 256))
})

t.test('losing 1 of 100 backends moves few rows of the others', async t => {
  const before = buildRows(equal(100), SEED, 65536)
  const moved = equal(100).map(lost => {
    const after = buildRows(
      equal(100).filter(({ id }) => id !== lost.id),
      SEED,
      65536,
    )
    const foreign = before.filter(owner => owner !== lost.index).length
    const changed = before.filter((owner, row) => owner !== lost.index && after[row] !== owner)
    return changed.length / foreign
  })
  const mean = moved.reduce((sum, share) => sum + share, 0) / moved.length
  t.ok(mean <= 0.006, `mean ${mean}`)
  t.ok(Math.max(...moved) <= 0.007, `worst ${Math.max(...moved)}`)
})
