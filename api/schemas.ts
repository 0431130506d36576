/** Every schema that the API's documentation names: resources, and references to them. */
import { Type } from 'typebox'
import { Backend } from '../lb/backend.ts'
import { Intent } from '../lb/intent.ts'
import { Pool } from '../lb/pool.ts'
import { closed, Name } from '../lb/schema.ts'
import { BackendStatus, PoolStatus, VipStatus } from '../lb/status.ts'
import { Vip } from '../lb/vip.ts'
import { Problem } from './problem.ts'

/** A reference to a component, of which TypeScript knows that it is a `T`. */
export const ref = <T = unknown>(id: string) => Type.Unsafe<T>({ $ref: `${id}#` })

export const byName = <T = unknown>(id: string, description: string) =>
  Type.Unsafe<Readonly<Record<string, T>>>(
    Type.Record(Name, ref(id), { ...closed, description }),
  )

const BackendResource = {
  ...Backend,
  $id: 'Backend',
  properties: { ...Backend.properties, status: ref('BackendStatus') },
}

const PoolResource = {
  ...Pool,
  $id: 'Pool',
  properties: {
    ...Pool.properties,
    backends: byName('Backend', 'Flows stay with a name: let a name stay with its server'),
    status: ref('PoolStatus'),
  },
}

const VipResource = {
  ...Vip,
  $id: 'Vip',
  properties: { ...Vip.properties, status: ref('VipStatus') },
}

const IntentDocument = {
  ...Intent,
  $id: 'Intent',
  properties: {
    pools: byName('Pool', 'Pools by name'),
    vips: byName('Vip', 'VIPs by name'),
  },
}

export const components = [
  { ...BackendStatus, $id: 'BackendStatus' },
  { ...PoolStatus, $id: 'PoolStatus' },
  { ...VipStatus, $id: 'VipStatus' },
  BackendResource,
  PoolResource,
  VipResource,
  IntentDocument,
  Problem,
]
