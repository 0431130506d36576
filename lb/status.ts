/** What became of each resource: derived from what was compiled, for whoever reads; never stored. */
import { type Static, Type } from 'typebox'
import { ADDRESS_LOCAL, addressRecord } from '../xdp/layout.ts'
import { formatAddress, parseAddress } from './address.ts'
import type { Compiled } from './compile.ts'
import type { Path } from './header/build.ts'
import { sharesOf } from './plan.ts'
import type { CompiledBackend, CompiledPool } from './pool-tables.ts'
import { keyText } from './tables.ts'
import type { CompiledVip } from './vip-tables.ts'

const readOnly = { additionalProperties: false, readOnly: true }

const NextHop = Type.Object(
  {
    interface: Type.String({ description: 'Where packets leave', examples: ['eth0'] }),
    mac: Type.String({ description: 'Of the next hop', examples: ['02:00:00:00:00:01'] }),
    source: Type.String({ description: 'Outer source address of the tunnel' }),
    mtu: Type.Integer({ description: 'Of the interface, bytes' }),
  },
  { description: 'The way to the backend; absent as long as none was found' },
)

export const BackendStatus = Type.Object(
  {
    health: Type.Enum(['up', 'down']),
    reason: Type.Optional(Type.String({ description: 'Why it is down' })),
    effective: Type.Enum(['serving', 'draining', 'out'], {
      description: 'What the configuration and the network make of it',
    }),
    nextHop: Type.Optional(NextHop),
    share: Type.Number({ description: "Its part of the pool's rows, 0 to 1" }),
  },
  { ...readOnly, title: 'Status of a backend', description: 'Ignored in what is written' },
)

export const PoolStatus = Type.Object(
  {
    serving: Type.Integer({ description: 'How many backends take flows' }),
    draining: Type.Integer({ description: 'How many take no new flows' }),
    out: Type.Integer({ description: 'How many take no packet' }),
    vips: Type.Array(Type.String(), { description: 'VIPs that use the pool' }),
  },
  { ...readOnly, title: 'Status of a pool', description: 'Ignored in what is written' },
)

export const VipStatus = Type.Object(
  {
    health: Type.Enum(['up', 'down']),
    reason: Type.Optional(Type.String({ description: 'Why it is down' })),
    local: Type.Array(Type.String(), {
      description: "Addresses that are this host's own too: their packets are the host's",
    }),
  },
  { ...readOnly, title: 'Status of a VIP', description: 'Ignored in what is written' },
)

export type BackendStatus = Readonly<Static<typeof BackendStatus>>
export type PoolStatus = Readonly<Static<typeof PoolStatus>>
export type VipStatus = Readonly<Static<typeof VipStatus>>

/** Counting rows takes as long as a pool is large; a pool that did not change is the same object. */
const shares = new WeakMap<CompiledPool, ReadonlyMap<string, number>>()

function shareOf(pool: CompiledPool, backend: string): number {
  const known = shares.get(pool) ?? sharesOf(pool)
  shares.set(pool, known)
  return known.get(backend) ?? 0
}

export function statusOfBackend(
  pool: CompiledPool,
  { name, path, effective }: CompiledBackend,
  nameOf: (ifindex: number) => string | undefined,
): BackendStatus {
  const share = shareOf(pool, name)
  if (!path) return { health: 'down', reason: 'no next hop', effective, share }
  return { health: 'up', effective, nextHop: nextHopOf(path, nameOf), share }
}

const formatMac = (mac: Uint8Array) =>
  [...mac].map(byte => byte.toString(16).padStart(2, '0')).join(':')

const nextHopOf = (path: Path, nameOf: (ifindex: number) => string | undefined) => ({
  interface: nameOf(path.egress) ?? `${path.egress}`,
  mac: formatMac(path.nextHopMac),
  source: formatAddress(path.source),
  mtu: path.mtu,
})

export function statusOfPool(compiled: Compiled, name: string, pool: CompiledPool): PoolStatus {
  const counts = { serving: 0, draining: 0, out: 0 }
  for (const { effective } of pool.backends) counts[effective]++
  const users = [...compiled.vips].filter(([, { vip }]) => vip.pool === name)
  return { ...counts, vips: users.map(([vip]) => vip) }
}

function isLocal(compiled: Compiled, address: string): boolean {
  const record = compiled.tables.addresses.get(keyText(parseAddress(address)))
  return record !== undefined && (addressRecord.unpack(record).flags & ADDRESS_LOCAL) !== 0
}

export function statusOfVip(compiled: Compiled, { vip }: CompiledVip): VipStatus {
  const local = vip.addresses.filter(address => isLocal(compiled, address))
  const backends = compiled.pools.get(vip.pool)?.backends ?? []
  return backends.some(({ effective }) => effective === 'serving')
    ? { health: 'up', local }
    : { health: 'down', reason: `no backend of pool ${vip.pool} takes flows`, local }
}
