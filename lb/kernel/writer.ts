/**
 * Carries out what diff() found, on maps that the program reads meanwhile. Rows and headers change
 * in place: each by one store that a packet sees either before or after.
 */
import { BpfMap, gracePeriod, possibleCpus } from '../../native/index.ts'
import { backend, backendTraffic, header, row, vipTraffic } from '../../xdp/layout.ts'
import { type PlacedBackend, sameBytes, type Write } from '../diff.ts'
import { noHeader } from '../header/build.ts'
import { concat } from '../header/bytes.ts'
import { type BackendTable, keyBytes } from '../tables.ts'
import type { EgressInterfaces } from './egress.ts'
import { indexKey } from './key.ts'
import { type Pins, unpin } from './pins.ts'
import type { Maps } from './program.ts'

const MAP_TYPE_ARRAY = 2
const BPF_F_MMAPABLE = 1 << 10
const BPF_F_INNER_MAP = 1 << 12
const WORDS_PER_ROW = row.size / Uint16Array.BYTES_PER_ELEMENT

const empty = new Uint8Array(backend.size)
const noTraffic = new Uint8Array(backendTraffic.size * possibleCpus)
const noVipTraffic = new Uint8Array(vipTraffic.size * possibleCpus)

type Of<K extends Write['kind']> = Extract<Write, { kind: K }>

export class Writer {
  readonly #maps: Maps
  readonly #pins: Pins
  readonly #tables: Map<number, BpfMap>
  readonly #egress: EgressInterfaces
  /** Backends whose idle header a packet may still be reading: written since the last grace period. */
  readonly #fresh = new Set<number>()

  constructor(maps: Maps, pins: Pins, tables: Map<number, BpfMap>, egress: EgressInterfaces) {
    this.#maps = maps
    this.#pins = pins
    this.#tables = tables
    this.#egress = egress
  }

  async apply(writes: readonly Write[]): Promise<void> {
    const created = writes.filter(write => write.kind === 'create-rows')
    for (const write of writes) {
      if (write.kind === 'create-rows') {
        if (write === created[0]) await this.#createRows(created)
      } else await this.#one(write)
    }
  }

  async #one(write: Exclude<Write, Of<'create-rows'>>): Promise<void> {
    switch (write.kind) {
      case 'node':
        return this.#maps.node.set(indexKey(0), write.value)
      case 'add-egress':
        return this.#egress.add(write.ifindex)
      case 'remove-egress':
        return this.#egress.remove(write.ifindex)
      case 'place-backends':
        return this.#placeBackends(write.backends)
      case 'change-header':
        return this.#changeHeader(write.index, write.header)
      case 'clear-backend':
        return this.#clearBackend(write.index)
      case 'change-rows':
        return this.#changeRows(write.table, write.changes)
      case 'remove-rows':
        return this.#removeRows(write.table)
      case 'clear-vip':
        return this.#maps.vip_traffic.set(indexKey(write.index), noVipTraffic)
      case 'set-vip':
        return this.#maps.vips.set(keyBytes(write.key), write.value)
      case 'delete-vip':
        return void this.#maps.vips.delete(keyBytes(write.key))
      case 'set-address':
        return this.#maps.addresses.set(keyBytes(write.key), write.value)
      case 'delete-address':
        return void this.#maps.addresses.delete(keyBytes(write.key))
      case 'grace':
        return this.#grace()
    }
  }

  async #grace(): Promise<void> {
    await gracePeriod()
    this.#fresh.clear()
  }

  /** All at once: the kernel waits for a grace period at each change of the outer map. */
  async #createRows(writes: readonly Of<'create-rows'>[]): Promise<void> {
    for (const { table, rows } of writes) {
      const map = BpfMap.create({
        type: MAP_TYPE_ARRAY,
        name: 'rows',
        keySize: 4,
        valueSize: row.size,
        maxEntries: rows.length,
        flags: BPF_F_MMAPABLE | BPF_F_INNER_MAP,
      })
      const words = wordsOf(map)
      for (let index = 0; index < rows.length; index++)
        words[index * WORDS_PER_ROW] = rows[index] ?? 0
      unpin(this.#pins.table(table))
      map.pin(this.#pins.table(table))
      this.#tables.set(table, map)
    }
    await this.#maps.tables.setMaps(
      writes.map(({ table }) => [indexKey(table), this.#table(table)] as const),
    )
  }

  /** One aligned 64-bit store for each row: a packet sees the old backend or the new one. */
  #changeRows(table: number, changes: Uint32Array): void {
    const memory = this.#table(table).memory()
    const rows = new BigUint64Array(memory.buffer, memory.byteOffset, memory.byteLength / 8)
    for (let at = 0; at < changes.length; at += 2)
      Atomics.store(rows, changes[at] ?? 0, BigInt(changes[at + 1] ?? 0))
  }

  #removeRows(table: number): void {
    this.#maps.tables.delete(indexKey(table))
    unpin(this.#pins.table(table))
    this.#table(table).close()
    this.#tables.delete(table)
  }

  #table(index: number): BpfMap {
    const map = this.#tables.get(index)
    if (!map) throw new Error(`table ${index} is not open`)
    return map
  }

  /** No row names these indices yet: nobody reads them. */
  #placeBackends(backends: readonly PlacedBackend[]): void {
    this.#maps.backends.setBatch(
      concat(...backends.map(([index]) => indexKey(index))),
      concat(...backends.map(([, placed]) => recordOf(placed))),
    )
  }

  /** The idle header first, then the selector: a packet never sees a header half written. */
  async #changeHeader(index: number, next: Uint8Array): Promise<void> {
    const key = indexKey(index)
    const record = backend.unpack(this.#maps.backends.get(key) ?? empty)
    const idle = record.selected ? 0 : 1
    if (!sameBytes(header.pack(record.headers[idle]), next)) {
      if (this.#fresh.has(index)) await this.#grace()
      this.#fresh.add(index)
    }
    const written = header.unpack(next)
    const headers = idle
      ? ([record.headers[0], written] as const)
      : ([written, record.headers[1]] as const)
    this.#maps.backends.set(key, backend.pack({ ...record, headers }))
    this.#maps.backends.set(key, backend.pack({ ...record, headers, selected: idle }))
  }

  /** Its record last: as long as that is there, a next start knows that this is yet to be done. */
  #clearBackend(index: number): void {
    this.#maps.backend_traffic.set(indexKey(index), noTraffic)
    this.#maps.backends.set(indexKey(index), empty)
  }
}

/** A record begins with its first header. */
function recordOf({ header: bytes, generation }: BackendTable): Uint8Array {
  const headers = [noHeader, noHeader] as const
  const record = backend.pack({ headers, selected: 0, flags: 0, generation })
  record.set(bytes)
  return record
}

function wordsOf(map: BpfMap): Uint16Array {
  const memory = map.memory()
  return new Uint16Array(memory.buffer, memory.byteOffset, memory.byteLength / 2)
}
