/**
 * Reads and writes under conditions (RFC 9110 13). Those of a write are checked when its turn comes,
 * on what it is about to replace: between the two, nobody else writes.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Balancer, Change } from '../lb/balancer.ts'
import type { Intent } from '../lb/intent.ts'
import type { Revision } from '../lb/store/codec.ts'
import { checkPreconditions, etagOf, isKnown } from './etag.ts'

/** Answers with the ETag of `intent`, and with `body` unless the asker has that already. */
export function answer<T>(
  request: FastifyRequest,
  reply: FastifyReply,
  intent: unknown,
  body: () => T,
): T | FastifyReply {
  const etag = etagOf(intent)
  reply.header('etag', etag)
  return isKnown(request.headers, etag) ? reply.code(304).send() : body()
}

/** `current` is what the request is about, in an intent; undefined where nothing is yet. */
export async function write(
  balancer: Balancer,
  request: FastifyRequest,
  reply: FastifyReply,
  current: (intent: Intent) => unknown,
  change: Change,
): Promise<{ readonly revision: Revision; readonly isNew: boolean }> {
  let isNew = false
  const revision = await balancer.change(`${request.method} ${request.url}`, intent => {
    const before = current(intent)
    checkPreconditions(request.headers, before)
    isNew = before === undefined
    return change(intent)
  })
  reply.header('weir-revision', revision.number)
  return { revision, isNew }
}
