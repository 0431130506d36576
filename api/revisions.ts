/** Every accepted change that is still kept, and the way back to it. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Balancer } from '../lb/balancer.ts'
import { CONDITIONAL_WRITE, plain, REFUSALS, written } from './describe.ts'
import { checkPreconditions, etagOf } from './etag.ts'
import { HttpRefusal } from './problem.ts'
import { ref } from './schemas.ts'

const summary = {
  number: Type.Integer(),
  time: Type.String({ format: 'date-time' }),
  summary: Type.String({ description: 'What was asked for', examples: ['PUT /v1/vips/www'] }),
}

export const RevisionSummary = Type.Object(summary, {
  $id: 'RevisionSummary',
  title: 'Summary of a revision',
  description: 'An accepted change',
})

export const Revision = Type.Object(
  { ...summary, intent: ref('Intent') },
  {
    $id: 'Revision',
    title: 'Revision',
    description: 'An accepted change, and everything that was to be balanced from then on',
  },
)

const params = Type.Object({ number: Type.String({ description: 'Of the revision' }) })
const about = { tags: ['configuration'] }

function numberOf(text: string): number {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text)
  throw new HttpRefusal(
    404,
    'no-revision',
    `${text} is not the number of a revision; legal: from 1`,
  )
}

export const revisions =
  (balancer: Balancer): FastifyPluginAsyncTypebox =>
  async app => {
    app.get(
      '/v1/revisions',
      {
        schema: {
          ...about,
          operationId: 'listRevisions',
          summary: 'All revisions that are kept, the newest first',
          response: {
            200: plain('Revisions', Type.Array(ref('RevisionSummary'))),
            ...REFUSALS,
          },
        },
      },
      () => {
        const numbers = balancer.store.revisions().toReversed()
        return Promise.all(numbers.map(number => balancer.store.read(number)))
      },
    )

    app.get(
      '/v1/revisions/:number',
      {
        schema: {
          ...about,
          operationId: 'getRevision',
          summary: 'Read a revision',
          params,
          response: { 200: plain('The revision', ref('Revision')), ...REFUSALS },
        },
      },
      ({ params }) => balancer.store.read(numberOf(params.number)),
    )

    app.post(
      '/v1/revisions/:number/rollback',
      {
        schema: {
          ...about,
          operationId: 'rollback',
          summary: 'Go back to what a revision held, as a new revision',
          params,
          headers: CONDITIONAL_WRITE,
          response: { 200: written('The new revision', ref('Revision')), ...REFUSALS },
        },
      },
      async (request, reply) => {
        const number = numberOf(request.params.number)
        const revision = await balancer.rollback(number, intent =>
          checkPreconditions(request.headers, intent),
        )
        reply.header('weir-revision', revision.number).header('etag', etagOf(revision.intent))
        return revision
      },
    )
  }
