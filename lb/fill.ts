/** How full the kernel's tables are, whose sizes the node file sets. */
import { type Compiled, KEYS_PER_VIP } from './compile.ts'
import type { Maps } from './kernel/program.ts'
import type { Capacity } from './node.ts'

export interface Fill {
  readonly map: string
  readonly entries: number
  readonly capacity: number
}

export function fillOf(
  { egress }: Maps,
  { tables, pools, vips }: Compiled,
  capacity: Capacity,
): Fill[] {
  const keys = capacity.vips * KEYS_PER_VIP
  return [
    { map: 'addresses', entries: tables.addresses.size, capacity: keys },
    { map: 'vips', entries: tables.vips.size, capacity: keys },
    { map: 'egress', entries: tables.egress.size, capacity: egress.shape.maxEntries },
    { map: 'tables', entries: pools.size, capacity: capacity.tables },
    { map: 'backends', entries: tables.backends.size, capacity: capacity.backends },
    { map: 'vip_traffic', entries: vips.size, capacity: capacity.vips },
  ]
}
