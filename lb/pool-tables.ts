/** A pool compiled: who serves, the rows that share the flows among them, and their headers. */
import { type Header, header } from '../xdp/layout.ts'
import type { Allocation } from './allocation.ts'
import type { Backend } from './backend.ts'
import { buildHeader, noHeader, type Path } from './header/build.ts'
import { tunnelOf } from './header/tunnels.ts'
import type { Pool } from './pool.ts'
import { buildRows } from './rows.ts'

/** What the configuration and the network make of a backend. */
export type Effective = 'serving' | 'draining' | 'out'

export interface CompiledBackend {
  readonly name: string
  readonly backend: Backend
  readonly index: number
  readonly generation: number
  readonly effective: Effective
  /** Undefined as long as its next hop was never resolved. */
  readonly path: Path | undefined
  /** A packed `struct header`. */
  readonly header: Uint8Array
}

export interface CompiledPool {
  readonly pool: Pool
  readonly table: number
  readonly backends: readonly CompiledBackend[]
  /** The backend index of each row. */
  readonly rows: Uint16Array
}

export const backendKey = (pool: string, backend: string) => `${pool}/${backend}`
export const tableKey = (name: string, pool: Pool) => `${name}:${pool.rows}`

const unresolved: Uint8Array = header.pack(noHeader)

function effectiveOf(backend: Backend, path: Path | undefined): Effective {
  if (backend.admin === 'disabled' || !path) return 'out'
  return backend.admin === 'draining' || backend.weight === 0 ? 'draining' : 'serving'
}

function headerOf(pool: Pool, path: Path): Header {
  return buildHeader(tunnelOf(pool.encapsulation, path), path)
}

function compileBackend(
  pool: Pool,
  backend: Backend,
  path: Path | undefined,
  previous: CompiledBackend | undefined,
  previousPool: Pool | undefined,
): Pick<CompiledBackend, 'effective' | 'path' | 'header'> {
  const sameHeader =
    previous && previous.path === path && previousPool?.encapsulation === pool.encapsulation
  return {
    effective: effectiveOf(backend, path),
    path,
    header: sameHeader
      ? previous.header
      : path
        ? header.pack(headerOf(pool, path))
        : unresolved,
  }
}

/** Rows depend on who serves with which weight, and on nothing else. */
function sameShares(a: readonly CompiledBackend[], b: readonly CompiledBackend[]): boolean {
  const serving = (all: readonly CompiledBackend[]) =>
    all
      .filter(({ effective }) => effective === 'serving')
      .map(({ name, index, backend }) => `${name} ${index} ${backend.weight}`)
      .sort()
      .join()
  return serving(a) === serving(b)
}

function rowsOf(
  pool: Pool,
  backends: readonly CompiledBackend[],
  seed: Uint8Array,
  previous: CompiledPool | undefined,
): Uint16Array {
  if (previous && previous.rows.length === pool.rows && sameShares(previous.backends, backends))
    return previous.rows
  const serving = backends
    .filter(({ effective }) => effective === 'serving')
    .map(({ name, index, backend }) => ({ id: name, index, weight: backend.weight }))
  return buildRows(serving, seed, pool.rows)
}

function unchanged(
  previous: CompiledPool,
  pool: Pool,
  paths: ReadonlyMap<string, Path>,
): boolean {
  return (
    previous.pool === pool &&
    previous.backends.every(({ backend, path }) => paths.get(backend.address) === path)
  )
}

export function compilePool(
  name: string,
  pool: Pool,
  paths: ReadonlyMap<string, Path>,
  allocation: Allocation,
  seed: Uint8Array,
  previous: CompiledPool | undefined,
): CompiledPool {
  if (previous && unchanged(previous, pool, paths)) return previous
  const before = new Map(previous?.backends.map(backend => [backend.name, backend]))
  const backends = Object.entries(pool.backends).map(([id, backend]) => ({
    name: id,
    backend,
    ...placeOf(allocation.backends, backendKey(name, id)),
    ...compileBackend(
      pool,
      backend,
      paths.get(backend.address),
      before.get(id),
      previous?.pool,
    ),
  }))
  return {
    pool,
    table: placeOf(allocation.tables, tableKey(name, pool)),
    backends,
    rows: rowsOf(pool, backends, seed, previous),
  }
}

/** The allocation was made from the same intent: whatever is compiled has a place in it. */
export function placeOf<T>(places: ReadonlyMap<string, T>, name: string): T {
  const place = places.get(name)
  if (place === undefined) throw new Error(`${name} has no place in the allocation`)
  return place
}
