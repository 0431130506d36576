/**
 * Entity tags (RFC 9110 8.8.3): of what was configured, not of what is observed, so that a tag
 * changes when somebody wrote, and with nothing else.
 */
import { hash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { Refusal } from '../lb/errors.ts'

const TAG_LENGTH = 32

/** The order of keys says nothing. */
const sorted = (_key: string, value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value

export const etagOf = (intent: unknown): string =>
  `"${hash('sha256', JSON.stringify(intent, sorted)).slice(0, TAG_LENGTH)}"`

const tagsOf = (header: string) => header.split(',').map(tag => tag.trim())

/** Weak comparison: it saves an answer that is known already. */
export function isKnown(headers: IncomingHttpHeaders, etag: string): boolean {
  const known = headers['if-none-match']
  if (known === undefined) return false
  return known.trim() === '*' || tagsOf(known).some(tag => tag.replace(/^W\//, '') === etag)
}

/** Whether a write may go on, given what it writes to as it is now; undefined where nothing is. */
export function checkPreconditions(headers: IncomingHttpHeaders, current: unknown): void {
  const etag = current === undefined ? undefined : etagOf(current)
  const wanted = headers['if-match']
  const matches = wanted === undefined || (etag && isMatch(wanted, etag))
  if (!matches)
    throw new Refusal(
      'precondition',
      'stale',
      `If-Match is ${wanted}, and the ETag is ${etag ?? 'none, for it does not exist'}`,
    )
  if (etag && isKnown(headers, etag))
    throw new Refusal(
      'precondition',
      'exists',
      `If-None-Match is ${headers['if-none-match']}, and it exists with the ETag ${etag}`,
    )
}

/** Strong comparison: a write is for exactly this. */
function isMatch(wanted: string, etag: string): boolean {
  return wanted.trim() === '*' || tagsOf(wanted).includes(etag)
}
