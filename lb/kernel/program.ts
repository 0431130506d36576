/**
 * The data plane's programs on its maps: what is pinned and fits is adopted, the rest is loaded. One
 * more instance of the program is `dry`: it answers what would happen, and leaves no trace.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { BpfMap, BpfObject, Program } from '../../native/index.ts'
import { KEYS_PER_VIP } from '../compile.ts'
import { Refusal } from '../errors.ts'
import type { Capacity } from '../node.ts'
import { type Pins, unpin } from './pins.ts'

const OBJECT = `${import.meta.dirname}/../../native/build/xdp/weir.bpf.o`

const MAPS = [
  'addresses',
  'vips',
  'tables',
  'backends',
  'egress',
  'node',
  'verdicts',
  'vip_traffic',
  'backend_traffic',
  'events',
] as const

export type MapName = (typeof MAPS)[number]
export type Maps = Readonly<Record<MapName, BpfMap>>

export interface Programs {
  readonly maps: Maps
  readonly loadBalance: Program
  readonly pass: Program
  readonly dry: Program
  /** Maps and programs were pinned, and serve on as they are. */
  readonly adopted: boolean
}

/**
 * Index 0 is nobody's, so that arrays hold one more than they have room for. Hash maps hold twice as
 * much: in a change, all that is new comes before anything old goes.
 */
function sizes(capacity: Capacity): Partial<Record<MapName, number>> {
  const keys = 2 * capacity.vips * KEYS_PER_VIP
  return {
    addresses: keys,
    vips: keys,
    tables: capacity.tables + 1,
    backends: capacity.backends + 1,
    vip_traffic: capacity.vips + 1,
    backend_traffic: capacity.backends + 1,
  }
}

function constantsOf(hashKey: Uint8Array, dry: boolean): Record<string, Uint8Array> {
  return { hash_key: hashKey, dry: Uint8Array.of(dry ? 1 : 0) }
}

/** Pinned maps that still have the size asked for. */
function reusable(pins: Pins, wanted: Partial<Record<MapName, number>>): Partial<Maps> {
  const found: Partial<Record<MapName, BpfMap>> = {}
  for (const name of MAPS) {
    if (!existsSync(pins.map(name))) continue
    const map = BpfMap.open(pins.map(name))
    if (wanted[name] === undefined || wanted[name] === map.shape.maxEntries) found[name] = map
    else map.close()
  }
  return found
}

function pinAnew(pins: Pins, name: MapName, map: BpfMap): BpfMap {
  unpin(pins.map(name))
  if (name === 'tables') for (const index of pins.tableIndices()) unpin(pins.table(index))
  map.pin(pins.map(name))
  return map
}

function digestOf(elf: Uint8Array, hashKey: Uint8Array): string {
  return createHash('sha256').update(elf).update(hashKey).digest('hex').slice(0, 16)
}

function pinned(path: string): Program | undefined {
  return existsSync(path) ? Program.open(path) : undefined
}

export async function openPrograms(
  pins: Pins,
  capacity: Capacity,
  hashKey: Uint8Array,
): Promise<Programs> {
  const elf = readObject()
  const maxEntries = sizes(capacity)
  const kept = reusable(pins, maxEntries)
  using dryObject = await BpfObject.load(elf, {
    constants: constantsOf(hashKey, true),
    maxEntries,
    reuse: kept,
    skip: ['pass'],
  })
  const maps = Object.fromEntries(
    MAPS.map(name => [name, kept[name] ?? pinAnew(pins, name, dryObject.map(name))]),
  ) as Record<MapName, BpfMap>
  const dry = dryObject.program('load_balance')

  const digest = digestOf(elf, hashKey)
  const allKept = MAPS.every(name => kept[name])
  const loadBalance = allKept ? pinned(pins.program('load_balance', digest)) : undefined
  const pass = pinned(pins.program('pass', digest))
  if (loadBalance && pass) return { maps, loadBalance, pass, dry, adopted: true }

  using object = await BpfObject.load(elf, {
    constants: constantsOf(hashKey, false),
    maxEntries,
    reuse: maps,
  })
  const loaded = { loadBalance: object.program('load_balance'), pass: object.program('pass') }
  for (const path of pins.programs()) unpin(path)
  loaded.loadBalance.pin(pins.program('load_balance', digest))
  loaded.pass.pin(pins.program('pass', digest))
  return { maps, ...loaded, dry, adopted: false }
}

export function readObject(): Uint8Array {
  try {
    return readFileSync(OBJECT)
  } catch {
    throw new Refusal('invalid', 'not-built', `${OBJECT} is missing; build it: npm run build`)
  }
}
