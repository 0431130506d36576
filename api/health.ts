/** For whoever decides whether to restart the daemon, and whether to send it traffic. */
import type { FastifyPluginAsync } from 'fastify'
import { Type } from 'typebox'
import type { Balancer } from '../lb/balancer.ts'
import { plain, REFUSALS } from './describe.ts'
import { HttpRefusal } from './problem.ts'

const Status = Type.Object({ status: Type.Enum(['live', 'ready']) })

export const health =
  (balancer: Balancer): FastifyPluginAsync =>
  async app => {
    const about = { tags: ['observation'] }
    app.get(
      '/livez',
      {
        schema: {
          ...about,
          operationId: 'isLive',
          summary: 'Whether the daemon answers',
          response: { 200: plain('It does', Status), ...REFUSALS },
        },
      },
      () => ({ status: 'live' }),
    )
    app.get(
      '/readyz',
      {
        schema: {
          ...about,
          operationId: 'isReady',
          summary: 'Whether the program is on every interface of the node file',
          response: { 200: plain('It is', Status), ...REFUSALS },
        },
      },
      () => {
        const attached = new Set(balancer.attachments.map(({ interface: name }) => name))
        const missing = balancer.node.interfaces.filter(name => !attached.has(name))
        if (missing.length === 0) return { status: 'ready' }
        throw new HttpRefusal(503, 'not-ready', `not attached yet: ${missing.join(', ')}`)
      },
    )
  }
