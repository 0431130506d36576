/**
 * Everything that is to be balanced, at one moment. A change is a new intent, or a refusal. Pointers
 * in refusals lead into the whole document, whichever part of it was changed.
 */
import { Type } from 'typebox'
import { Backend, backendOf } from './backend.ts'
import { checkConsistent, namesOf } from './consistency.ts'
import { Refusal, refuseFields, segment, show } from './errors.ts'
import { mergePatch } from './merge-patch.ts'
import { Pool, poolOf } from './pool.ts'
import { closed, conforming, Name } from './schema.ts'
import { shareIntent } from './sharing.ts'
import { Vip, vipOf } from './vip.ts'

export const Intent = Type.Object(
  {
    pools: Type.Optional(Type.Record(Name, Pool, { ...closed, default: {} })),
    vips: Type.Optional(Type.Record(Name, Vip, { ...closed, default: {} })),
  },
  { ...closed, title: 'Intent', description: 'Everything that is to be balanced' },
)

export interface Intent {
  readonly pools: Readonly<Record<string, Pool>>
  readonly vips: Readonly<Record<string, Vip>>
}

export const emptyIntent: Intent = { pools: {}, vips: {} }

const CODE = 'invalid-intent'
const conformingIntent = conforming(Intent, CODE)
const conformingVip = conforming(Vip, CODE)
const conformingPool = conforming(Pool, CODE)
const conformingBackend = conforming(Backend, CODE)
const conformingName = conforming(Name, CODE)

const pathOf = (...names: readonly string[]) => names.map(segment).join('')

function newPath(kind: string, name: string, ...below: readonly string[]): string {
  const at = pathOf(kind, name, ...below)
  conformingName(below.at(-1) ?? name, at)
  return at
}

function settled(before: Intent, after: Intent): Intent {
  const intent = shareIntent(before, after)
  if (intent !== before) checkConsistent(intent)
  return intent
}

function existing<T>(kind: string, all: Readonly<Record<string, T>>, name: string): T {
  const resource = Object.hasOwn(all, name) ? all[name] : undefined
  if (resource !== undefined) return resource
  throw new Refusal(
    'missing',
    `unknown-${kind}`,
    `there is no ${kind} ${show(name)}; legal: ${namesOf(all)}`,
  )
}

function without<T>(all: Readonly<Record<string, T>>, name: string): Record<string, T> {
  const { [name]: _, ...rest } = all
  return rest
}

/** Whatever came as a whole intent document; a refusal names the fields that cannot be. */
export function parseIntent(value: unknown): Intent {
  return replace(emptyIntent, value)
}

export function replace(intent: Intent, value: unknown): Intent {
  const { pools = {}, vips = {} } = conformingIntent(value)
  return settled(intent, {
    pools: Object.fromEntries(
      Object.entries(pools).map(([name, pool]) => [name, poolOf(pool)]),
    ),
    vips: Object.fromEntries(
      Object.entries(vips).map(([name, vip]) => [name, vipOf(vip, pathOf('vips', name))]),
    ),
  })
}

export const findVip = (intent: Intent, name: string): Vip => existing('vip', intent.vips, name)

export const findPool = (intent: Intent, name: string): Pool =>
  existing('pool', intent.pools, name)

export const findBackend = (intent: Intent, pool: string, name: string): Backend =>
  existing('backend', findPool(intent, pool).backends, name)

export function setVip(intent: Intent, name: string, value: unknown): Intent {
  const at = newPath('vips', name)
  const vip = vipOf(conformingVip(value, at), at)
  return settled(intent, { ...intent, vips: { ...intent.vips, [name]: vip } })
}

export const patchVip = (intent: Intent, name: string, patch: unknown): Intent =>
  setVip(intent, name, mergePatch(findVip(intent, name), patch))

export function deleteVip(intent: Intent, name: string): Intent {
  findVip(intent, name)
  return { ...intent, vips: without(intent.vips, name) }
}

export function setPool(intent: Intent, name: string, value: unknown): Intent {
  const at = newPath('pools', name)
  const pool = poolOf(conformingPool(value, at))
  return settled(intent, { ...intent, pools: { ...intent.pools, [name]: pool } })
}

export const patchPool = (intent: Intent, name: string, patch: unknown): Intent =>
  setPool(intent, name, mergePatch(findPool(intent, name), patch))

export function deletePool(intent: Intent, name: string): Intent {
  findPool(intent, name)
  const users = Object.entries(intent.vips).filter(([, { pool }]) => pool === name)
  if (users.length > 0)
    throw refuseFields(
      'conflict',
      'pool-in-use',
      users.map(([vip]) => ({
        pointer: pathOf('vips', vip, 'pool'),
        detail: `pool ${name} is in use by vip ${vip}; legal: to delete a pool that no vip uses`,
      })),
    )
  return { ...intent, pools: without(intent.pools, name) }
}

function withBackends(intent: Intent, pool: string, backends: Pool['backends']): Intent {
  const changed = { ...findPool(intent, pool), backends }
  return settled(intent, { ...intent, pools: { ...intent.pools, [pool]: changed } })
}

export function setBackend(intent: Intent, pool: string, name: string, value: unknown): Intent {
  const { backends } = findPool(intent, pool)
  const at = newPath('pools', pool, 'backends', name)
  const backend = backendOf(conformingBackend(value, at))
  return withBackends(intent, pool, { ...backends, [name]: backend })
}

export const patchBackend = (
  intent: Intent,
  pool: string,
  name: string,
  patch: unknown,
): Intent => setBackend(intent, pool, name, mergePatch(findBackend(intent, pool, name), patch))

export function deleteBackend(intent: Intent, pool: string, name: string): Intent {
  findBackend(intent, pool, name)
  return withBackends(intent, pool, without(findPool(intent, pool).backends, name))
}
