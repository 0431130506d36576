import type { FastifyPluginAsync } from 'fastify'
import type { Balancer } from '../lb/balancer.ts'
import { deletePool, findPool, patchPool, setPool } from '../lb/intent.ts'
import { poolInput, poolResources } from './present.ts'
import { resourceRoutes } from './resource.ts'

export const pools =
  (balancer: Balancer): FastifyPluginAsync =>
  async app =>
    resourceRoutes(app, balancer, {
      component: 'Pool',
      noun: 'pool',
      path: '/v1/pools',
      all: intent => intent.pools,
      find: (intent, { name }) => findPool(intent, name),
      set: (intent, { name }, body) => setPool(intent, name, poolInput(body)),
      patch: (intent, { name }, body) => patchPool(intent, name, poolInput(body)),
      remove: (intent, { name }) => deletePool(intent, name),
      resources: poolResources,
    })
