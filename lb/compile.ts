/**
 * What the kernel should hold for an intent: pure, so that two states can be compared before any
 * write. What did not change since `previous` is the same object, so that comparing is cheap.
 */
import { ADDRESS_LOCAL, addressRecord, node } from '../xdp/layout.ts'
import { type Allocation, allocate, allocateBackends } from './allocation.ts'
import { Refusal } from './errors.ts'
import type { Path } from './header/build.ts'
import type { Intent } from './intent.ts'
import type { Capacity } from './node.ts'
import { backendKey, type CompiledPool, compilePool, placeOf, tableKey } from './pool-tables.ts'
import type { BackendTable, KeyText, Tables } from './tables.ts'
import { type CompiledVip, compileVip } from './vip-tables.ts'

/** What the network says. */
export interface Observed {
  /** By backend address: the last way that was found; absent as long as none ever was. */
  readonly paths: ReadonlyMap<string, Path>
  /** The host's own addresses, as the kernel's keys. */
  readonly local: ReadonlySet<KeyText>
  /** Sources of our tunnels, IPv4 and IPv6; all zero where there is none. */
  readonly sources: readonly [Uint8Array, Uint8Array]
}

export interface Compiled {
  readonly intent: Intent
  readonly allocation: Allocation
  readonly pools: ReadonlyMap<string, CompiledPool>
  readonly vips: ReadonlyMap<string, CompiledVip>
  readonly tables: Tables
}

/** What compile() needs of this node, the same for its whole life. */
export interface Ground {
  readonly seed: Uint8Array
  readonly capacity: Capacity
}

/** Addresses and listener keys are many to a VIP: of each, this many on the average. */
export const KEYS_PER_VIP = 16

function checkKeys({ addresses, vips }: Tables, capacity: Capacity): void {
  const room = capacity.vips * KEYS_PER_VIP
  for (const [what, { size }] of [
    ['addresses', addresses],
    ['listening ports of addresses', vips],
  ] as const)
    if (size > room)
      throw new Refusal(
        'capacity',
        'capacity-exceeded',
        `${size} ${what} are asked for; the node file's capacity.vips, ${capacity.vips}, has room for ${room}`,
      )
}

/** The same object if every name keeps its place and none is new. */
function allocateAll(intent: Intent, previous: Allocation, capacity: Capacity): Allocation {
  const pools = Object.entries(intent.pools)
  const vips = Object.keys(intent.vips)
  const tables = pools.map(([name, pool]) => tableKey(name, pool))
  const backends = pools.flatMap(([pool, { backends }]) =>
    Object.keys(backends).map(name => backendKey(pool, name)),
  )
  const kept =
    hasExactly(previous.vips, vips) &&
    hasExactly(previous.tables, tables) &&
    hasExactly(previous.backends, backends)
  if (kept) return previous
  return {
    vips: allocate(previous.vips, vips, capacity.vips, 'vips'),
    tables: allocate(previous.tables, tables, capacity.tables, 'tables'),
    ...allocateBackends(previous, backends, capacity.backends),
  }
}

const hasExactly = (places: ReadonlyMap<string, unknown>, names: readonly string[]) =>
  places.size === names.length && names.every(name => places.has(name))

/** VIPs may share an address; its record says what any of them listens for there. */
function addressesOf(
  vips: Iterable<CompiledVip>,
  local: ReadonlySet<KeyText>,
): Map<KeyText, Uint8Array> {
  const kinds = new Map<KeyText, number>()
  for (const { listens } of vips)
    for (const [address, kind] of listens) kinds.set(address, (kinds.get(address) ?? 0) | kind)
  return new Map(
    [...kinds].map(([address, listens]) => [
      address,
      addressRecord.pack({ listens, flags: local.has(address) ? ADDRESS_LOCAL : 0 }),
    ]),
  )
}

function backendsOf(pools: Iterable<CompiledPool>): Map<number, BackendTable> {
  const all = new Map<number, BackendTable>()
  for (const { backends } of pools)
    for (const backend of backends) all.set(backend.index, backend)
  return all
}

function egressOf(pools: Iterable<CompiledPool>): Set<number> {
  const all = new Set<number>()
  for (const { backends } of pools)
    for (const { path } of backends) if (path) all.add(path.egress)
  return all
}

function tablesOf(
  pools: ReadonlyMap<string, CompiledPool>,
  vips: ReadonlyMap<string, CompiledVip>,
  observed: Observed,
): Tables {
  return {
    addresses: addressesOf(vips.values(), observed.local),
    vips: new Map([...vips.values()].flatMap(({ entries }) => [...entries])),
    rows: new Map([...pools.values()].map(({ table, rows }) => [table, rows])),
    backends: backendsOf(pools.values()),
    egress: egressOf(pools.values()),
    node: node.pack({ source: observed.sources }),
  }
}

export function compile(
  intent: Intent,
  observed: Observed,
  ground: Ground,
  previous: Pick<Compiled, 'allocation'> & Partial<Compiled>,
): Compiled {
  const allocation = allocateAll(intent, previous.allocation, ground.capacity)
  const pools = new Map(
    Object.entries(intent.pools).map(([name, pool]) => [
      name,
      compilePool(
        name,
        pool,
        observed.paths,
        allocation,
        ground.seed,
        previous.pools?.get(name),
      ),
    ]),
  )
  const vips = new Map(
    Object.entries(intent.vips).map(([name, vip]) => [
      name,
      compileVip(
        vip,
        placeOf(allocation.vips, name),
        placeOf(pools, vip.pool),
        previous.vips?.get(name),
      ),
    ]),
  )
  const tables = tablesOf(pools, vips, observed)
  checkKeys(tables, ground.capacity)
  return { intent, allocation, pools, vips, tables }
}
