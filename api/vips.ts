import type { FastifyPluginAsync } from 'fastify'
import type { Balancer } from '../lb/balancer.ts'
import { deleteVip, findVip, patchVip, setVip } from '../lb/intent.ts'
import { vipInput, vipResources } from './present.ts'
import { resourceRoutes } from './resource.ts'

export const vips =
  (balancer: Balancer): FastifyPluginAsync =>
  async app =>
    resourceRoutes(app, balancer, {
      component: 'Vip',
      noun: 'VIP',
      path: '/v1/vips',
      all: intent => intent.vips,
      find: (intent, { name }) => findVip(intent, name),
      set: (intent, { name }, body) => setVip(intent, name, vipInput(body)),
      patch: (intent, { name }, body) => patchVip(intent, name, vipInput(body)),
      remove: (intent, { name }) => deleteVip(intent, name),
      resources: vipResources,
    })
