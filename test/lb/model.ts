/** What the kernel would hold after writes, by their own words alone. */
import type { Write } from '../../lb/diff.ts'
import type { BackendTable, KeyText, Tables } from '../../lb/tables.ts'
import { vip } from '../../xdp/layout.ts'

export const noTables: Tables = {
  addresses: new Map(),
  vips: new Map(),
  rows: new Map(),
  backends: new Map(),
  egress: new Set(),
  node: new Uint8Array(16),
}

function existing<K, V>(map: ReadonlyMap<K, V>, key: K, what: string): V {
  const value = map.get(key)
  if (value === undefined) throw new Error(`${what} ${key} is not there`)
  return value
}

type Of<K extends Write['kind']> = Extract<Write, { kind: K }>

export class Model implements Tables {
  readonly addresses: Map<KeyText, Uint8Array>
  readonly vips: Map<KeyText, Uint8Array>
  readonly rows: Map<number, Uint16Array>
  readonly backends: Map<number, BackendTable>
  readonly egress: Set<number>
  node: Uint8Array

  constructor(tables: Tables) {
    this.addresses = new Map(tables.addresses)
    this.vips = new Map(tables.vips)
    this.rows = new Map([...tables.rows].map(([table, rows]) => [table, rows.slice()]))
    this.backends = new Map(tables.backends)
    this.egress = new Set(tables.egress)
    this.node = tables.node
  }

  readonly #does: { readonly [K in Write['kind']]: (write: Of<K>) => void } = {
    node: ({ value }) => {
      this.node = value
    },
    'add-egress': ({ ifindex }) => this.egress.add(ifindex),
    'remove-egress': ({ ifindex }) => this.egress.delete(ifindex),
    'place-backends': ({ backends }) => {
      for (const [index, placed] of backends) this.backends.set(index, placed)
    },
    'change-header': ({ index, header }) =>
      this.backends.set(index, { ...existing(this.backends, index, 'backend'), header }),
    'clear-backend': ({ index }) => this.backends.delete(index),
    'create-rows': ({ table, rows }) => this.rows.set(table, rows.slice()),
    'change-rows': ({ table, changes }) => {
      const rows = existing(this.rows, table, 'table')
      for (let at = 0; at < changes.length; at += 2)
        rows[changes[at] ?? 0] = changes[at + 1] ?? 0
    },
    'remove-rows': ({ table }) => this.rows.delete(table),
    // Counters are no part of what is compared.
    'clear-vip': () => undefined,
    'set-vip': ({ key, value }) => this.vips.set(key, value),
    'delete-vip': ({ key }) => this.vips.delete(key),
    'set-address': ({ key, value }) => this.addresses.set(key, value),
    'delete-address': ({ key }) => this.addresses.delete(key),
    grace: () => undefined,
  }

  apply<K extends Write['kind']>(write: Of<K>): void {
    this.#does[write.kind as K](write)
  }

  /** A packet follows VIP to table to row to backend: nothing on that way may be missing. */
  checkNothingDangles(): void {
    for (const value of this.vips.values()) {
      const { table, rowMask } = vip.unpack(value)
      const { length } = existing(this.rows, table, 'table')
      if (length !== rowMask + 1) throw new Error(`mask ${rowMask} over ${length} rows`)
    }
    for (const rows of this.rows.values())
      for (const index of new Set(rows)) if (index) existing(this.backends, index, 'backend')
  }
}

const sorted = <K extends string | number, V>(map: ReadonlyMap<K, V>): Map<K, V> =>
  new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)))

/** Tables for comparison: in one order, and without what only compile knows. */
export const plain = ({ addresses, vips, rows, backends, egress, node }: Tables) => ({
  addresses: sorted(addresses),
  vips: sorted(vips),
  rows: sorted(rows),
  backends: new Map(
    [...sorted(backends)].map(([index, { header, generation }]) => [
      index,
      { header, generation },
    ]),
  ),
  egress: new Set([...egress].sort()),
  node,
})
