/**
 * The writes that turn one set of tables into another, in the order that never breaks traffic:
 * whatever is pointed at is there before the pointer, and goes after it.
 */
import { vip } from '../xdp/layout.ts'
import type { BackendTable, KeyText, Tables } from './tables.ts'

export type PlacedBackend = readonly [index: number, backend: BackendTable]

export type Write =
  | { readonly kind: 'node'; readonly value: Uint8Array }
  | { readonly kind: 'add-egress' | 'remove-egress'; readonly ifindex: number }
  /** Takes indices that no row names yet. */
  | { readonly kind: 'place-backends'; readonly backends: readonly PlacedBackend[] }
  /** Another way to a backend that rows name. */
  | { readonly kind: 'change-header'; readonly index: number; readonly header: Uint8Array }
  | { readonly kind: 'clear-backend'; readonly index: number }
  | { readonly kind: 'create-rows'; readonly table: number; readonly rows: Uint16Array }
  | {
      readonly kind: 'change-rows'
      readonly table: number
      /** Row by row: its number, then its backend. */
      readonly changes: Uint32Array
    }
  | { readonly kind: 'remove-rows'; readonly table: number }
  /** Takes an index that another VIP may have counted by. */
  | { readonly kind: 'clear-vip'; readonly index: number }
  | {
      readonly kind: 'set-vip' | 'set-address'
      readonly key: KeyText
      readonly value: Uint8Array
    }
  | { readonly kind: 'delete-vip' | 'delete-address'; readonly key: KeyText }
  /** Waits until no packet is on its way that saw what went before. */
  | { readonly kind: 'grace' }

export const sameBytes = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && Buffer.compare(a, b) === 0)

const gone = <K>(previous: Iterable<K>, next: { has(key: K): boolean }): K[] =>
  [...previous].filter(key => !next.has(key))

function setBackends(previous: Tables, next: Tables): Write[] {
  const placed: PlacedBackend[] = []
  const changed: Write[] = []
  for (const [index, backend] of next.backends) {
    const old = previous.backends.get(index)
    if (old?.generation !== backend.generation) placed.push([index, backend])
    else if (!sameBytes(old.header, backend.header))
      changed.push({ kind: 'change-header', index, header: backend.header })
  }
  return placed.length ? [{ kind: 'place-backends', backends: placed }, ...changed] : changed
}

function changesOf(previous: Uint16Array, next: Uint16Array): Uint32Array {
  const changes: number[] = []
  for (let row = 0; row < next.length; row++) {
    const backend = next[row] ?? 0
    if (previous[row] !== backend) changes.push(row, backend)
  }
  return Uint32Array.from(changes)
}

function setRows(previous: Tables, next: Tables): Write[] {
  return [...next.rows].flatMap(([table, rows]): Write[] => {
    const old = previous.rows.get(table)
    if (old === rows) return []
    if (!old) return [{ kind: 'create-rows', table, rows }]
    const changes = changesOf(old, rows)
    return changes.length ? [{ kind: 'change-rows', table, changes }] : []
  })
}

type Records = ReadonlyMap<KeyText, Uint8Array>

function setRecords(
  kind: 'set-vip' | 'set-address',
  previous: Records,
  next: Records,
): Write[] {
  return [...next]
    .filter(([key, value]) => !sameBytes(previous.get(key), value))
    .map(([key, value]) => ({ kind, key, value }))
}

const vipIndex = (value: Uint8Array) => vip.unpack(value).index

function setVips({ vips: previous }: Tables, { vips: next }: Tables): Write[] {
  const writes = setRecords('set-vip', previous, next)
  if (writes.length === 0) return []
  const known = new Set([...previous.values()].map(vipIndex))
  const indices = new Set([...next.values()].map(vipIndex))
  return [
    ...gone(indices, known).map(index => ({ kind: 'clear-vip', index }) as const),
    ...writes,
  ]
}

function deleteRecords(
  kind: 'delete-vip' | 'delete-address',
  previous: Records,
  next: Records,
): Write[] {
  return gone(previous.keys(), next).map(key => ({ kind, key }))
}

function removals(previous: Tables, next: Tables): Write[] {
  const writes: Write[] = [
    ...gone(previous.rows.keys(), next.rows).map(
      table => ({ kind: 'remove-rows', table }) as const,
    ),
    ...gone(previous.backends.keys(), next.backends).map(
      index => ({ kind: 'clear-backend', index }) as const,
    ),
    ...gone(previous.egress, next.egress).map(
      ifindex => ({ kind: 'remove-egress', ifindex }) as const,
    ),
  ]
  return writes.length ? [{ kind: 'grace' }, ...writes] : []
}

export function diff(previous: Tables, next: Tables): Write[] {
  return [
    ...(sameBytes(previous.node, next.node)
      ? []
      : [{ kind: 'node', value: next.node } as const]),
    ...gone(next.egress, previous.egress).map(
      ifindex => ({ kind: 'add-egress', ifindex }) as const,
    ),
    ...setBackends(previous, next),
    ...setRows(previous, next),
    ...setVips(previous, next),
    ...setRecords('set-address', previous.addresses, next.addresses),
    ...deleteRecords('delete-address', previous.addresses, next.addresses),
    ...deleteRecords('delete-vip', previous.vips, next.vips),
    ...removals(previous, next),
  ]
}
