import type { FastifyPluginAsync } from 'fastify'
import type { Balancer } from '../lb/balancer.ts'
import { deleteBackend, findBackend, findPool, patchBackend, setBackend } from '../lb/intent.ts'
import { backendInput, backendResources } from './present.ts'
import { resourceRoutes } from './resource.ts'

export const backends =
  (balancer: Balancer): FastifyPluginAsync =>
  async app =>
    resourceRoutes(app, balancer, {
      component: 'Backend',
      noun: 'backend',
      path: '/v1/pools/:pool/backends',
      all: (intent, { pool }) => findPool(intent, pool).backends,
      find: (intent, { pool, name }) => findBackend(intent, pool, name),
      set: (intent, { pool, name }, body) => setBackend(intent, pool, name, backendInput(body)),
      patch: (intent, { pool, name }, body) =>
        patchBackend(intent, pool, name, backendInput(body)),
      remove: (intent, { pool, name }) => deleteBackend(intent, pool, name),
      resources: (balancer, { pool }) => backendResources(balancer, pool),
    })
