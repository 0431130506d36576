/** What a change would do, before it is done: the same compile without the writes. */
import type { Compiled } from './compile.ts'
import type { CompiledPool } from './pool-tables.ts'

export interface PoolPlan {
  readonly pool: string
  readonly change: 'added' | 'removed' | 'changed'
  readonly rows: number
  /** Rows whose flows get another backend. */
  readonly moved: number
  readonly shares: readonly {
    readonly backend: string
    readonly before: number
    readonly after: number
  }[]
}

export interface VipPlan {
  readonly vip: string
  readonly change: 'added' | 'removed' | 'changed'
}

export interface Plan {
  readonly vips: readonly VipPlan[]
  readonly pools: readonly PoolPlan[]
}

/** By backend: the part of the pool's rows that it has, 0 to 1. */
export function sharesOf(pool: CompiledPool | undefined): Map<string, number> {
  if (!pool) return new Map()
  const counts = new Map<number, number>()
  for (const backend of pool.rows) counts.set(backend, (counts.get(backend) ?? 0) + 1)
  return new Map(
    pool.backends.map(({ name, index }) => [name, (counts.get(index) ?? 0) / pool.rows.length]),
  )
}

function movedRows(before: CompiledPool, after: CompiledPool): number {
  if (before.rows.length !== after.rows.length) return after.rows.length
  let moved = 0
  for (let row = 0; row < after.rows.length; row++)
    if (before.rows[row] !== after.rows[row]) moved++
  return moved
}

const kindOf = (before: unknown, after: unknown) =>
  before ? (after ? 'changed' : 'removed') : 'added'

function planPool(
  pool: string,
  before: CompiledPool | undefined,
  after: CompiledPool | undefined,
): PoolPlan {
  const [sharesBefore, sharesAfter] = [sharesOf(before), sharesOf(after)]
  const names = new Set([...sharesBefore.keys(), ...sharesAfter.keys()])
  return {
    pool,
    change: kindOf(before, after),
    rows: (after ?? before)?.rows.length ?? 0,
    moved: before && after ? movedRows(before, after) : 0,
    shares: [...names].map(backend => ({
      backend,
      before: sharesBefore.get(backend) ?? 0,
      after: sharesAfter.get(backend) ?? 0,
    })),
  }
}

/** Names whose value is not the same object before and after. */
function differing<T>(before: ReadonlyMap<string, T>, after: ReadonlyMap<string, T>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    name => before.get(name) !== after.get(name),
  )
}

export function plan(before: Compiled, after: Compiled): Plan {
  return {
    vips: differing(before.vips, after.vips).map(vip => ({
      vip,
      change: kindOf(before.vips.get(vip), after.vips.get(vip)),
    })),
    pools: differing(before.pools, after.pools).map(pool =>
      planPool(pool, before.pools.get(pool), after.pools.get(pool)),
    ),
  }
}
