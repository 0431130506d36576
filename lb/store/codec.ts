/** Between the load balancer's objects and state.proto. What comes from disk is parsed like any input. */
import { readFileSync } from 'node:fs'
import protobuf from 'protobufjs'
import type { Allocation, BackendPlace } from '../allocation.ts'
import { type Intent, parseIntent } from '../intent.ts'
import type { Pool } from '../pool.ts'
import type { Listener, Vip } from '../vip.ts'

const { root } = protobuf.parse(readFileSync(`${import.meta.dirname}/state.proto`, 'utf8'))

export interface RevisionSummary {
  readonly number: number
  /** RFC 3339. */
  readonly time: string
  readonly summary: string
  readonly author?: string
}

/** An accepted change. */
export interface Revision extends RevisionSummary {
  readonly intent: Intent
}

function encode(type: string, value: object): Uint8Array {
  const message = root.lookupType(`weir.${type}`)
  return message.encode(message.fromObject(value)).finish()
}

/**
 * Lists and maps are there, if empty. Other fields are absent where the file has none, or zero with
 * `defaults`: a file has no zeros.
 */
function decode(type: string, bytes: Uint8Array, defaults = false) {
  const message = root.lookupType(`weir.${type}`)
  return message.toObject(message.decode(bytes), { arrays: true, objects: true, defaults })
}

function storedListener({ protocol, port }: Listener) {
  if (port === undefined) return { protocol }
  return typeof port === 'number' ? { protocol, number: port } : { protocol, range: port }
}

interface StoredListener {
  readonly protocol: string
  readonly number?: number
  readonly range?: string
}

function plainListener({ protocol, number, range }: StoredListener) {
  const port = number ?? range
  return port === undefined ? { protocol } : { protocol, port }
}

const encodePool = (pool: Pool) => encode('Pool', pool)

const encodeVip = (vip: Vip) =>
  encode('Vip', { ...vip, listeners: vip.listeners.map(storedListener) })

/** A change leaves most resources the same objects: these need not be encoded again. */
function once<T extends object>(encodeOne: (resource: T) => Uint8Array) {
  const known = new WeakMap<T, Uint8Array>()
  return (resource: T) => {
    const bytes = known.get(resource) ?? encodeOne(resource)
    known.set(resource, bytes)
    return bytes
  }
}

const poolBytes = once(encodePool)
const vipBytes = once(encodeVip)

function mapValues<T, U>(all: Readonly<Record<string, T>>, map: (value: T) => U) {
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, map(value)]))
}

export const encodeRevision = (revision: Revision): Uint8Array =>
  encode('EncodedRevision', {
    ...revision,
    intent: {
      pools: mapValues(revision.intent.pools, poolBytes),
      vips: mapValues(revision.intent.vips, vipBytes),
    },
  })

export function decodeRevision(bytes: Uint8Array): Revision {
  const { number, time, summary, author, intent } = decode('Revision', bytes)
  const vips = mapValues<{ readonly listeners: readonly StoredListener[] }, object>(
    intent.vips,
    vip => ({ ...vip, listeners: vip.listeners.map(plainListener) }),
  )
  return {
    number,
    time,
    summary,
    ...(author && { author }),
    intent: parseIntent({ pools: intent.pools, vips }),
  }
}

export function decodeSummary(bytes: Uint8Array): RevisionSummary {
  const { number, time, summary, author } = decode('RevisionSummary', bytes)
  return { number, time, summary, ...(author && { author }) }
}

export const encodeAllocation = (allocation: Allocation): Uint8Array =>
  encode('Allocation', {
    vips: Object.fromEntries(allocation.vips),
    tables: Object.fromEntries(allocation.tables),
    backends: Object.fromEntries(allocation.backends),
    generation: allocation.generation,
  })

export function decodeAllocation(bytes: Uint8Array): Allocation {
  const { vips, tables, backends, generation } = decode('Allocation', bytes, true)
  return {
    vips: new Map<string, number>(Object.entries(vips)),
    tables: new Map<string, number>(Object.entries(tables)),
    backends: new Map<string, BackendPlace>(Object.entries(backends)),
    generation,
  }
}
