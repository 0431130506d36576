/** Writes docs/openapi.json: `npm run openapi`. Routes describe themselves; no balancer is asked. */
import { writeFileSync } from 'node:fs'
import { Balancer } from '../lb/balancer.ts'
import { buildServer } from './server.ts'

const nobody: Balancer = Object.create(Balancer.prototype)
const app = await buildServer(nobody)
const { body } = await app.inject('/docs/json')
writeFileSync(
  `${import.meta.dirname}/../docs/openapi.json`,
  `${JSON.stringify(JSON.parse(body), undefined, 2)}\n`,
)
await app.close()
