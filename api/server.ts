/** The HTTP server of a balancer, complete but for what it listens on. */
import Fastify, {
  type FastifyBaseLogger,
  type FastifySchemaCompiler,
  LogController,
} from 'fastify'
import type { TSchema } from 'typebox'
import type { Balancer } from '../lb/balancer.ts'
import { conforming } from '../lb/schema.ts'
import { backends } from './backends.ts'
import { takeBodies } from './body.ts'
import { config } from './config.ts'
import { docs } from './docs.ts'
import { guard } from './guard.ts'
import { health } from './health.ts'
import { Lookup, lookup } from './lookup.ts'
import { metrics } from './metrics.ts'
import { Node, node } from './node.ts'
import { Plan, plan } from './plan.ts'
import { pools } from './pools.ts'
import { sendProblem } from './problem.ts'
import { Revision, RevisionSummary, revisions } from './revisions.ts'
import { components } from './schemas.ts'
import { Stats, stats } from './stats.ts'
import { refuseUnrouted } from './unrouted.ts'
import { vips } from './vips.ts'

/** Names end at 63; longer ones shall still be refused with a reason. */
const LONGEST_NAME = 1024

/**
 * Only queries are checked here. Bodies are checked where they take effect, which says what came
 * and what is legal; names in paths exist or do not.
 */
const checkQuery: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  if (httpPart !== 'querystring') return value => ({ value })
  const check = conforming(schema, 'invalid-query')
  return value => {
    try {
      return { value: check(value) }
    } catch (error) {
      return { error: error as Error }
    }
  }
}

export async function buildServer(balancer: Balancer, logger?: FastifyBaseLogger) {
  const app = Fastify({
    ...(logger && { loggerInstance: logger }),
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
    frameworkErrors: sendProblem,
    routerOptions: { maxParamLength: LONGEST_NAME },
  })
  app.setValidatorCompiler(checkQuery)
  app.setErrorHandler(sendProblem)
  takeBodies(app)
  for (const schema of [...components, Lookup, Node, Plan, Revision, RevisionSummary, Stats])
    app.addSchema(schema)

  refuseUnrouted(app)
  guard(app)
  app.addHook('onResponse', async (request, reply) => {
    const { method, url } = request
    if (method !== 'GET' && method !== 'HEAD')
      request.log.info({ method, url, status: reply.statusCode }, 'request')
  })
  await docs(app)
  for (const resource of [vips, pools, backends, config, plan, revisions])
    await app.register(resource(balancer))
  for (const view of [lookup, stats, node, metrics, health]) await app.register(view(balancer))
  return app
}
