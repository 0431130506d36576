/** What the load balancer says no to, in words that the one who asked can act on. */

/** A field that cannot be as it came. */
export interface Fault {
  /** RFC 6901 pointer into the document that the field belongs to. */
  readonly pointer: string
  /** The value that came, and what is legal. */
  readonly detail: string
}

/**
 * invalid: cannot be, whatever else there is. conflict: cannot be beside something that exists.
 * missing: what was named does not exist. precondition: the asker knew an older state.
 * capacity: no room.
 */
export type Kind = 'invalid' | 'conflict' | 'missing' | 'precondition' | 'capacity'

export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly kind: Kind
  /** Stable and in kebab-case: programs compare it. */
  readonly code: string
  readonly errors: readonly Fault[]

  constructor(kind: Kind, code: string, message: string, errors: readonly Fault[] = []) {
    super(message)
    this.kind = kind
    this.code = code
    this.errors = errors
  }
}

/** Fields that cannot be as they came, each named in the message. */
export function refuseFields(kind: Kind, code: string, errors: readonly Fault[]): Refusal {
  const lines = errors.map(({ pointer, detail }) => `${pointer || '/'}: ${detail}`)
  return new Refusal(kind, code, lines.join('\n'), errors)
}

/** One segment of a pointer, from a name that may hold anything. */
export const segment = (name: string | number) =>
  `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`

const LONGEST_SHOWN = 80

/** A value that came, for a message: on one line, and no longer than one. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text
}
