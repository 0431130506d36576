/** What a change would do to the flows, without doing it. */
import type { FastifyPluginAsync } from 'fastify'
import { Type } from 'typebox'
import type { Balancer } from '../lb/balancer.ts'
import { replace } from '../lb/intent.ts'
import { INTENT_LIMIT } from './body.ts'
import { bodyOf, plain, REFUSALS } from './describe.ts'
import { JSON_TYPE, YAML_TYPE } from './media.ts'
import { intentInput } from './present.ts'
import { ref } from './schemas.ts'

const What = Type.Enum(['added', 'removed', 'changed'])

export const Plan = Type.Object(
  {
    vips: Type.Array(Type.Object({ vip: Type.String(), change: What })),
    pools: Type.Array(
      Type.Object({
        pool: Type.String(),
        change: What,
        rows: Type.Integer({ description: 'How many the pool has' }),
        moved: Type.Integer({ description: 'Rows whose flows would get another backend' }),
        shares: Type.Array(
          Type.Object({
            backend: Type.String(),
            before: Type.Number({ description: 'Part of the rows, 0 to 1' }),
            after: Type.Number({ description: 'Part of the rows, 0 to 1' }),
          }),
        ),
      }),
    ),
  },
  { $id: 'Plan', title: 'Plan', description: 'What differs; empty where nothing would change' },
)

export const plan =
  (balancer: Balancer): FastifyPluginAsync =>
  async app => {
    app.post(
      '/v1/plan',
      {
        bodyLimit: INTENT_LIMIT,
        schema: {
          tags: ['configuration'],
          operationId: 'plan',
          summary: 'What PUT /v1/config with this body would change and move',
          body: bodyOf(ref('Intent'), JSON_TYPE, YAML_TYPE),
          response: { 200: plain('What would change', ref('Plan')), ...REFUSALS },
        },
      },
      async ({ body }) => balancer.plan(intent => replace(intent, intentInput(body))),
    )
  }
