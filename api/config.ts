/** The whole intent document: read, and replaced in one revision. */
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { stringify } from 'yaml'
import type { Balancer } from '../lb/balancer.ts'
import { type Intent, replace } from '../lb/intent.ts'
import { INTENT_LIMIT } from './body.ts'
import { answer, write } from './conditional.ts'
import {
  bodyOf,
  CONDITIONAL_READ,
  CONDITIONAL_WRITE,
  NOT_MODIFIED,
  REFUSALS,
  read,
  written,
} from './describe.ts'
import { etagOf } from './etag.ts'
import { JSON_TYPE, YAML_TYPE } from './media.ts'
import { preferred } from './negotiate.ts'
import { intentInput } from './present.ts'
import { ref } from './schemas.ts'

const about = { tags: ['configuration'] }

const inBothTypes = (schema: object) => ({
  content: { [JSON_TYPE]: { schema }, [YAML_TYPE]: { schema: { type: 'string' } } },
})

function inWantedType(request: FastifyRequest, reply: FastifyReply, intent: Intent) {
  reply.header('vary', 'accept')
  if (preferred(request.headers.accept, [JSON_TYPE, YAML_TYPE]) === JSON_TYPE) return intent
  reply.type(YAML_TYPE)
  return stringify(intent)
}

export const config =
  (balancer: Balancer): FastifyPluginAsync =>
  async app => {
    app.get(
      '/v1/config',
      {
        schema: {
          ...about,
          operationId: 'getConfig',
          summary: 'Read the whole intent document',
          headers: CONDITIONAL_READ,
          response: {
            200: {
              ...read('The intent document', ref('Intent')),
              ...inBothTypes(ref('Intent')),
            },
            ...NOT_MODIFIED,
            ...REFUSALS,
          },
        },
      },
      (request, reply) => {
        const { intent } = balancer
        return answer(request, reply, intent, () => inWantedType(request, reply, intent))
      },
    )

    app.put(
      '/v1/config',
      {
        bodyLimit: INTENT_LIMIT,
        schema: {
          ...about,
          operationId: 'putConfig',
          summary: 'Replace the whole intent document in one revision',
          headers: CONDITIONAL_WRITE,
          body: bodyOf(ref('Intent'), JSON_TYPE, YAML_TYPE),
          response: {
            200: {
              ...written('The intent document as it is now', ref('Intent')),
              ...inBothTypes(ref('Intent')),
            },
            ...REFUSALS,
          },
        },
      },
      async (request, reply) => {
        const { body } = request
        const current = (intent: Intent) => intent
        const { revision } = await write(balancer, request, reply, current, intent =>
          replace(intent, intentInput(body)),
        )
        reply.header('etag', etagOf(revision.intent))
        return inWantedType(request, reply, revision.intent)
      },
    )
  }
