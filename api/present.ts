/** Resources as they are read, with their status, and as they are written, without it. */
import type { Backend } from '../lb/backend.ts'
import type { Balancer } from '../lb/balancer.ts'
import type { Pool } from '../lb/pool.ts'
import type { CompiledPool } from '../lb/pool-tables.ts'
import { isObject } from '../lb/schema.ts'
import {
  type BackendStatus,
  type PoolStatus,
  statusOfBackend,
  statusOfPool,
  statusOfVip,
  type VipStatus,
} from '../lb/status.ts'
import type { Vip } from '../lb/vip.ts'

export type BackendResource = Backend & { readonly status: BackendStatus }
export type VipResource = Vip & { readonly status: VipStatus }
export type PoolResource = Omit<Pool, 'backends'> & {
  readonly backends: Readonly<Record<string, BackendResource>>
  readonly status: PoolStatus
}

type All<T> = Readonly<Record<string, T>>

function backendsOf(balancer: Balancer, pool: CompiledPool): All<BackendResource> {
  const nameOf = (ifindex: number) => balancer.interfaceName(ifindex)
  return Object.fromEntries(
    pool.backends.map(backend => [
      backend.name,
      { ...backend.backend, status: statusOfBackend(pool, backend, nameOf) },
    ]),
  )
}

export function backendResources(balancer: Balancer, pool: string): All<BackendResource> {
  const compiled = balancer.compiled.pools.get(pool)
  return compiled ? backendsOf(balancer, compiled) : {}
}

export function poolResources(balancer: Balancer): All<PoolResource> {
  const { compiled } = balancer
  return Object.fromEntries(
    [...compiled.pools].map(([name, pool]) => [
      name,
      {
        ...pool.pool,
        backends: backendsOf(balancer, pool),
        status: statusOfPool(compiled, name, pool),
      },
    ]),
  )
}

export function vipResources({ compiled }: Balancer): All<VipResource> {
  return Object.fromEntries(
    [...compiled.vips].map(([name, vip]) => [
      name,
      { ...vip.vip, status: statusOfVip(compiled, vip) },
    ]),
  )
}

type Input = (value: unknown) => unknown

/** What was read may be written back, and its status with it. */
const withoutStatus: Input = value =>
  isObject(value)
    ? Object.fromEntries(Object.entries(value).filter(([key]) => key !== 'status'))
    : value

const eachOf =
  (input: Input): Input =>
  value =>
    isObject(value)
      ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, input(member)]))
      : value

/** Some members of an object each through an input of its own. */
const members =
  (inputs: Readonly<Record<string, Input>>): Input =>
  value =>
    isObject(value)
      ? Object.fromEntries(
          Object.entries(value).map(([key, member]) => [
            key,
            Object.hasOwn(inputs, key) ? inputs[key]?.(member) : member,
          ]),
        )
      : value

export const backendInput = withoutStatus
export const vipInput = withoutStatus
export const poolInput: Input = value =>
  members({ backends: eachOf(backendInput) })(withoutStatus(value))
export const intentInput = members({ pools: eachOf(poolInput), vips: eachOf(vipInput) })
