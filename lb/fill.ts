/** How full the kernel's tables are, whose sizes the node file sets. */
import type { Compiled } from './compile.ts'
import type { Maps } from './kernel/program.ts'

export interface Fill {
  readonly map: string
  readonly entries: number
  readonly capacity: number
}

export function fillOf(maps: Maps, { tables, pools, vips }: Compiled): Fill[] {
  const hashed = (map: 'addresses' | 'vips' | 'egress', entries: number) => ({
    map,
    entries,
    capacity: maps[map].shape.maxEntries,
  })
  /** Index 0 is nobody's. */
  const indexed = (map: 'tables' | 'backends' | 'vip_traffic', entries: number) => ({
    map,
    entries,
    capacity: maps[map].shape.maxEntries - 1,
  })
  return [
    hashed('addresses', tables.addresses.size),
    hashed('vips', tables.vips.size),
    hashed('egress', tables.egress.size),
    indexed('tables', pools.size),
    indexed('backends', tables.backends.size),
    indexed('vip_traffic', vips.size),
  ]
}
