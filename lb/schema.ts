/**
 * From what came to what is legal. A schema says what is legal; where a value does not conform,
 * this file says which field, what came, and what would have been legal.
 */
import { type Static, type TSchema, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import { type Fault, refuseFields, segment, show } from './errors.ts'

/** What of a schema this file reads. */
export interface JsonSchema {
  readonly type?: string
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly uniqueItems?: boolean
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly anyOf?: readonly JsonSchema[]
}

/** More than this tells nobody anything. */
const MOST_FAULTS = 20

/** Words that mean something in a configuration of Weir, but not to this version. */
const UNAVAILABLE: ReadonlySet<unknown> = new Set([
  ...['vxlan', 'ipip', 'gue', 'l2', 'nat', 'reject', 'http', 'https', 'tcp', 'offload'],
  ...['move', 'drain', 'onDown', 'continuity', 'quic', 'access'],
])

export const closed = { additionalProperties: false } as const

export const NAME_PATTERN = '^(?!constructor$)[a-z0-9][a-z0-9-]{0,62}$'
const LEGAL_NAME =
  'a name of 1 to 63 lower-case letters, digits and dashes, no dash first (nor "constructor")'

/** Names of pools, backends and VIPs. A plain object already answers to `constructor`. */
export const Name = Type.String({ pattern: NAME_PATTERN, description: LEGAL_NAME })

/** A text with a rule that JSON Schema cannot say. `faultOf` gives the end of a sentence about it. */
export function Text(
  faultOf: (text: string) => string | undefined,
  options: {
    readonly description: string
    readonly examples: readonly string[]
    readonly default?: string
  },
) {
  return Type.Refine(
    Type.String(options),
    text => faultOf(text) === undefined,
    text => `${show(text)} ${faultOf(text)}; legal: ${options.description}`,
  )
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const keysOf = (schema: JsonSchema) => Object.keys(schema.properties ?? {}).join(', ')

function legalList(items: JsonSchema, { minItems = 0, uniqueItems }: JsonSchema): string {
  return `a list of ${minItems} or more${uniqueItems ? ', each once' : ''}: ${legal(items)}`
}

/** The schemas of a union of objects that tell by their `type` which of them is theirs. */
const variantsOf = ({ anyOf }: JsonSchema) => (anyOf?.[0]?.properties ? anyOf : undefined)

const typesOf = (variants: readonly JsonSchema[]) =>
  variants.map(({ properties }) => properties?.['type']?.const)

/** What a schema takes, in words. */
export function legal(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.join(', ')
  if (schema.const !== undefined) return String(schema.const)
  const variants = variantsOf(schema)
  if (variants) return `an object of type ${typesOf(variants).join(' or ')}`
  if (schema.anyOf) return schema.anyOf.map(legal).join(', or ')
  if (schema.patternProperties) return `an object, each key ${LEGAL_NAME}`
  if (schema.type === 'integer') return `an integer from ${schema.minimum} to ${schema.maximum}`
  if (schema.type === 'boolean') return 'true, false'
  if (schema.items) return legalList(schema.items, schema)
  if (schema.properties) return `an object with the keys ${keysOf(schema)}`
  return schema.description ?? `${schema.type}`
}

const missing = (legalValues: string) => `is missing; legal: ${legalValues}`

function illegal(value: unknown, legalValues: string): string {
  const fault = UNAVAILABLE.has(value) ? 'is not available in this version' : 'is not legal'
  return `${show(value)} ${fault}; legal: ${legalValues}`
}

/** The schema for one key of an object, if it may have that key. */
function memberOf(schema: JsonSchema, key: string): JsonSchema | undefined {
  if (schema.properties)
    return Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined
  return Object.entries(schema.patternProperties ?? {}).find(([pattern]) =>
    new RegExp(pattern).test(key),
  )?.[1]
}

function* missingFaults(schema: JsonSchema, value: object, at: string): Generator<Fault> {
  for (const key of schema.required ?? [])
    if (!Object.hasOwn(value, key)) {
      const detail = missing(legal(schema.properties?.[key] ?? {}))
      yield { pointer: at + segment(key), detail }
    }
}

function* objectFaults(schema: JsonSchema, value: unknown, at: string): Generator<Fault> {
  if (!isObject(value)) {
    yield { pointer: at, detail: illegal(value, legal(schema)) }
    return
  }
  for (const [key, member] of Object.entries(value)) {
    const memberSchema = memberOf(schema, key)
    const pointer = at + segment(key)
    if (memberSchema) yield* faultsOf(memberSchema, member, pointer)
    else yield { pointer, detail: illegal(key, keysOf(schema) || LEGAL_NAME) }
  }
  yield* missingFaults(schema, value, at)
}

function* listFaults(schema: JsonSchema, value: unknown, at: string): Generator<Fault> {
  let sound = true
  if (schema.items && Array.isArray(value))
    for (const [index, item] of value.entries())
      for (const fault of faultsOf(schema.items, item, at + segment(index))) {
        sound = false
        yield fault
      }
  if (sound) yield* valueFaults(schema, value, at)
}

function* variantFaults(
  variants: readonly JsonSchema[],
  value: Readonly<Record<string, unknown>>,
  at: string,
): Generator<Fault> {
  const types = typesOf(variants)
  const { type } = value
  const variant = variants[types.indexOf(type)]
  const legalTypes = types.join(', ')
  if (variant) yield* objectFaults(variant, value, at)
  else
    yield {
      pointer: `${at}/type`,
      detail: type === undefined ? missing(legalTypes) : illegal(type, legalTypes),
    }
}

function* valueFaults(schema: JsonSchema, value: unknown, at: string): Generator<Fault> {
  const errors = Value.Errors(schema, value)
  const ruled = errors.find(({ keyword }) => keyword === '~refine')
  if (ruled) yield { pointer: at, detail: ruled.message }
  else if (errors.length > 0) yield { pointer: at, detail: illegal(value, legal(schema)) }
}

function* faultsOf(schema: JsonSchema, value: unknown, at: string): Generator<Fault> {
  const variants = variantsOf(schema)
  if (variants && isObject(value)) yield* variantFaults(variants, value, at)
  else if (schema.properties || schema.patternProperties) yield* objectFaults(schema, value, at)
  else if (schema.items) yield* listFaults(schema, value, at)
  else {
    const alternative = schema.anyOf?.find(({ type }) => type === typeof value)
    yield* valueFaults(alternative ?? schema, value, at)
  }
}

/** A door that lets in what conforms to the schema, and tells what does not why. `at` is where it stands. */
export function conforming<Schema extends TSchema>(schema: Schema, code: string) {
  const compiled = Compile(schema)
  return (value: unknown, at = ''): Static<Schema> => {
    if (compiled.Check(value)) return value
    throw refuseFields('invalid', code, faultsOf(schema, value, at).take(MOST_FAULTS).toArray())
  }
}
