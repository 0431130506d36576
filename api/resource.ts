/** The six things that can be done with VIPs, pools and backends alike. */
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Balancer } from '../lb/balancer.ts'
import type { Intent } from '../lb/intent.ts'
import type { Revision } from '../lb/store/codec.ts'
import { answer, write } from './conditional.ts'
import {
  bodyOf,
  CONDITIONAL_READ,
  CONDITIONAL_WRITE,
  DELETED,
  NOT_MODIFIED,
  REFUSALS,
  read,
  written,
} from './describe.ts'
import { etagOf } from './etag.ts'
import { JSON_TYPE, MERGE_PATCH_TYPE } from './media.ts'
import { byName, ref } from './schemas.ts'

/** Those in the path of a resource: a path without `:pool` has none, and its kind asks for none. */
export interface Names {
  readonly pool: string
  readonly name: string
}

/** How one kind of resource is found and changed. */
export interface Kind {
  /** The component that documents it. */
  readonly component: 'Vip' | 'Pool' | 'Backend'
  readonly noun: string
  /** Of the collection: `/v1/pools/:pool/backends`. */
  readonly path: string
  /** All that is configured. */
  all(intent: Intent, names: Names): Readonly<Record<string, unknown>>
  /** Refuses what does not exist, as do `patch` and `remove`. */
  find(intent: Intent, names: Names): unknown
  set(intent: Intent, names: Names, body: unknown): Intent
  patch(intent: Intent, names: Names, body: unknown): Intent
  remove(intent: Intent, names: Names): Intent
  /** All, as they are read. */
  resources(balancer: Balancer, names: Names): Readonly<Record<string, unknown>>
}

const ownOf = <T>(all: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(all, name) ? all[name] : undefined

function readRoutes(app: FastifyInstance, balancer: Balancer, kind: Kind): void {
  const { component, noun, path } = kind
  const about = { tags: [`${noun}s`], headers: CONDITIONAL_READ }
  app.get<{ Params: Names }>(
    path,
    {
      schema: {
        ...about,
        operationId: `list${component}s`,
        summary: `Read all ${noun}s`,
        response: {
          200: read(`${noun}s by name`, byName(component, `${noun}s by name`)),
          ...NOT_MODIFIED,
          ...REFUSALS,
        },
      },
    },
    (request, reply) =>
      answer(request, reply, kind.all(balancer.intent, request.params), () =>
        kind.resources(balancer, request.params),
      ),
  )
  app.get<{ Params: Names }>(
    `${path}/:name`,
    {
      schema: {
        ...about,
        operationId: `get${component}`,
        summary: `Read a ${noun}`,
        response: { 200: read(`The ${noun}`, ref(component)), ...NOT_MODIFIED, ...REFUSALS },
      },
    },
    (request, reply) =>
      answer(request, reply, kind.find(balancer.intent, request.params), () =>
        ownOf(kind.resources(balancer, request.params), request.params.name),
      ),
  )
}

/** What was just written, with the ETag that it has in the revision. */
function answerWritten(
  balancer: Balancer,
  kind: Kind,
  names: Names,
  reply: FastifyReply,
  revision: Revision,
) {
  reply.header('etag', etagOf(kind.find(revision.intent, names)))
  return ownOf(kind.resources(balancer, names), names.name)
}

function putRoute(app: FastifyInstance, balancer: Balancer, kind: Kind): void {
  const { component, noun, path } = kind
  app.put<{ Params: Names }>(
    `${path}/:name`,
    {
      schema: {
        tags: [`${noun}s`],
        operationId: `put${component}`,
        summary: `Create or replace a ${noun}`,
        headers: CONDITIONAL_WRITE,
        body: bodyOf(ref(component), JSON_TYPE),
        response: {
          200: written(`The ${noun} as it is now`, ref(component)),
          201: written(`The new ${noun}`, ref(component)),
          ...REFUSALS,
        },
      },
    },
    async (request, reply) => {
      const { params, body } = request
      const current = (intent: Intent) => ownOf(kind.all(intent, params), params.name)
      const { revision, isNew } = await write(balancer, request, reply, current, intent =>
        kind.set(intent, params, body),
      )
      if (isNew) reply.code(201)
      return answerWritten(balancer, kind, params, reply, revision)
    },
  )
}

function patchRoute(app: FastifyInstance, balancer: Balancer, kind: Kind): void {
  const { component, noun, path } = kind
  app.patch<{ Params: Names }>(
    `${path}/:name`,
    {
      schema: {
        tags: [`${noun}s`],
        operationId: `patch${component}`,
        summary: `Change members of a ${noun} (RFC 7396)`,
        headers: CONDITIONAL_WRITE,
        body: bodyOf({ type: 'object' }, MERGE_PATCH_TYPE, JSON_TYPE),
        response: { 200: written(`The ${noun} as it is now`, ref(component)), ...REFUSALS },
      },
    },
    async (request, reply) => {
      const { params, body } = request
      const current = (intent: Intent) => kind.find(intent, params)
      const { revision } = await write(balancer, request, reply, current, intent =>
        kind.patch(intent, params, body),
      )
      return answerWritten(balancer, kind, params, reply, revision)
    },
  )
}

function deleteRoute(app: FastifyInstance, balancer: Balancer, kind: Kind): void {
  const { component, noun, path } = kind
  app.delete<{ Params: Names }>(
    `${path}/:name`,
    {
      schema: {
        tags: [`${noun}s`],
        operationId: `delete${component}`,
        summary: `Delete a ${noun}`,
        headers: CONDITIONAL_WRITE,
        response: { ...DELETED, ...REFUSALS },
      },
    },
    async (request, reply) => {
      const { params } = request
      const current = (intent: Intent) => kind.find(intent, params)
      await write(balancer, request, reply, current, intent => kind.remove(intent, params))
      return reply.code(204).send()
    },
  )
}

export function resourceRoutes(app: FastifyInstance, balancer: Balancer, kind: Kind): void {
  for (const routes of [readRoutes, putRoute, patchRoute, deleteRoute])
    routes(app, balancer, kind)
}
