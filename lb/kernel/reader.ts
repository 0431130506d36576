/** Reads back what the kernel holds, in the words of compile, so that a start writes differences. */
import { BpfMap } from '../../native/index.ts'
import { backend, header, row } from '../../xdp/layout.ts'
import { type BackendTable, type KeyText, keyText, type Tables } from '../tables.ts'
import { indexKey, keyIndex } from './key.ts'
import { type Pins, unpin } from './pins.ts'
import type { Maps } from './program.ts'

const WORDS_PER_ROW = row.size / Uint16Array.BYTES_PER_ELEMENT

/** `struct row` begins with `now`. */
function nowOf(memory: Uint8Array): Uint16Array {
  const words = new Uint16Array(memory.buffer, memory.byteOffset, memory.byteLength / 2)
  return Uint16Array.from({ length: words.length / WORDS_PER_ROW }, (_, index) => {
    return words[index * WORDS_PER_ROW] ?? 0
  })
}

const records = (map: BpfMap): Map<KeyText, Uint8Array> =>
  new Map([...map.entries()].map(([key, value]) => [keyText(key), value]))

/** A record that has a generation is somebody's. */
function backends(map: BpfMap): Map<number, BackendTable> {
  const all = new Map<number, BackendTable>()
  for (const [key, value] of map.entries()) {
    const { generation, selected } = backend.unpack(value)
    if (generation) all.set(keyIndex(key), { header: headerBytes(value, selected), generation })
  }
  return all
}

/** The packed header that packets use now. */
function headerBytes(record: Uint8Array, selected: number): Uint8Array {
  return record.slice(selected * header.size, (selected + 1) * header.size)
}

export function readTables(maps: Maps, tables: ReadonlyMap<number, BpfMap>): Tables {
  return {
    addresses: records(maps.addresses),
    vips: records(maps.vips),
    rows: new Map([...tables].map(([index, map]) => [index, nowOf(map.memory())])),
    backends: backends(maps.backends),
    egress: new Set([...maps.egress.entries()].map(([key]) => keyIndex(key))),
    node: maps.node.get(indexKey(0)) ?? new Uint8Array(),
  }
}

/**
 * The pinned tables, by index. A daemon that was killed between a pin and the program's table of
 * tables leaves pins that the program does not see: those go.
 */
export function openTables(pins: Pins, tables: BpfMap): Map<number, BpfMap> {
  const open = new Map<number, BpfMap>()
  for (const index of pins.tableIndices()) {
    const rows = BpfMap.open(pins.table(index))
    // What user space reads from a map of maps is an id.
    const seen = tables.get(indexKey(index))
    if (seen && keyIndex(seen) === rows.shape.id) open.set(index, rows)
    else {
      rows.close()
      unpin(pins.table(index))
    }
  }
  return open
}
