/** Between the load balancer's objects and state.proto. What comes from disk is checked like any input. */
import { readFileSync } from 'node:fs'
import protobuf from 'protobufjs'
import type { Allocation } from '../allocation.ts'
import { type Intent, parseIntent } from '../intent.ts'
import type { Listener } from '../vip.ts'

const root = protobuf.parse(readFileSync(`${import.meta.dirname}/state.proto`, 'utf8')).root

/** An accepted change. */
export interface Revision {
  readonly number: number
  /** RFC 3339. */
  readonly time: string
  readonly summary: string
  readonly intent: Intent
}

function encode(type: string, value: object): Uint8Array {
  const message = root.lookupType(type)
  return message.encode(message.fromObject(value)).finish()
}

/** Fields that the file's version lacks are absent or zero; lists and maps are there, if empty. */
function decode<T>(type: string, bytes: Uint8Array): T {
  const message = root.lookupType(type)
  return message.toObject(message.decode(bytes), { arrays: true, objects: true, defaults: true }) as T
}

type StoredListener = Pick<Listener, 'protocol'> & { number?: number; range?: string }

function storedListener({ protocol, port }: Listener): StoredListener {
  if (port === undefined) return { protocol }
  return typeof port === 'number' ? { protocol, number: port } : { protocol, range: port }
}

function plainListener({ protocol, number, range }: StoredListener): object {
  const port = number ?? range
  return port === undefined ? { protocol } : { protocol, port }
}

type WithListeners<L> = { readonly vips: Readonly<Record<string, { readonly listeners: readonly L[] }>> }

/** The same document, every listener of every VIP through `map`. */
function mapListeners<A, B>(intent: WithListeners<A>, map: (listener: A) => B): object {
  const vips = Object.entries(intent.vips).map(([name, vip]) => [
    name,
    { ...vip, listeners: vip.listeners.map(map) },
  ])
  return { ...intent, vips: Object.fromEntries(vips) }
}

export const encodeRevision = (revision: Revision): Uint8Array =>
  encode('weir.Revision', {
    ...revision,
    intent: mapListeners(revision.intent, storedListener),
  })

export function decodeRevision(bytes: Uint8Array): Revision {
  const stored = decode<Revision & { intent: WithListeners<StoredListener> }>(
    'weir.Revision',
    bytes,
  )
  return { ...stored, intent: parseIntent(mapListeners(stored.intent, plainListener)) }
}

export const encodeAllocation = (allocation: Allocation): Uint8Array =>
  encode('weir.Allocation', {
    vips: Object.fromEntries(allocation.vips),
    tables: Object.fromEntries(allocation.tables),
    backends: Object.fromEntries(allocation.backends),
    generation: allocation.generation,
  })

export function decodeAllocation(bytes: Uint8Array): Allocation {
  type Places<T> = Readonly<Record<string, T>>
  const { vips, tables, backends, generation } = decode<{
    vips: Places<number>
    tables: Places<number>
    backends: Places<{ index: number; generation: number }>
    generation: number
  }>('weir.Allocation', bytes)
  return {
    vips: new Map(Object.entries(vips)),
    tables: new Map(Object.entries(tables)),
    backends: new Map(Object.entries(backends)),
    generation,
  }
}
