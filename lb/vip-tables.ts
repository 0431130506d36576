/** A VIP compiled: the kernel's entry for each address and listener. */
import {
  HASH_3_TUPLE,
  HASH_5_TUPLE,
  HASH_SOURCE,
  LISTENS_ANY,
  LISTENS_PORT,
  LISTENS_PROTOCOL,
  vipKey,
  vip as vipRecord,
} from '../xdp/layout.ts'
import { parseAddress } from './address.ts'
import { keysOf, type ListenerKey } from './listener.ts'
import type { CompiledPool } from './pool-tables.ts'
import { type KeyText, keyText } from './tables.ts'
import type { Vip } from './vip.ts'

const HASHES = {
  '5-tuple': HASH_5_TUPLE,
  '3-tuple': HASH_3_TUPLE,
  source: HASH_SOURCE,
} as const

export interface CompiledVip {
  readonly vip: Vip
  readonly index: number
  readonly table: number
  readonly entries: ReadonlyMap<KeyText, Uint8Array>
  /** By address: the kinds of listener that stand there. */
  readonly listens: ReadonlyMap<KeyText, number>
}

const kindOf = ({ port, protocol }: ListenerKey) =>
  port ? LISTENS_PORT : protocol ? LISTENS_PROTOCOL : LISTENS_ANY

export function compileVip(
  vip: Vip,
  index: number,
  pool: CompiledPool,
  previous: CompiledVip | undefined,
): CompiledVip {
  const { table, rows } = pool
  if (previous && previous.vip === vip && previous.table === table) return previous

  const entries = new Map<KeyText, Uint8Array>()
  const addresses = vip.addresses.map(parseAddress)
  const keys = vip.listeners.flatMap(keysOf)
  for (const key of keys) {
    const value = vipRecord.pack({
      index,
      table,
      rowMask: rows.length - 1,
      firstPort: key.firstPort,
      lastPort: key.lastPort,
      hash: HASHES[vip.hash],
    })
    for (const address of addresses)
      entries.set(
        keyText(vipKey.pack({ address, port: key.port, protocol: key.protocol })),
        value,
      )
  }
  const kinds = keys.reduce((all, key) => all | kindOf(key), 0)
  const listens = new Map(addresses.map(address => [keyText(address), kinds]))
  return { vip, index, table, entries, listens }
}
