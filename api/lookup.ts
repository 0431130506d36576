/** Which backend a flow gets, and why: asked of the running program. */
import { isIP } from 'node:net'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Balancer } from '../lb/balancer.ts'
import type { Compiled } from '../lb/compile.ts'
import type { Answer, Flow } from '../lb/lookup.ts'
import { vipOfFlow } from '../lb/match.ts'
import { Text } from '../lb/schema.ts'
import { plain, REFUSALS } from './describe.ts'
import { ref } from './schemas.ts'

const LAST_PORT = 65535

interface Endpoint {
  readonly address: string
  readonly port: number
}

function endpointOf(text: string): Endpoint {
  const [, ipv6, ipv4, port] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? []
  return { address: ipv6 ?? ipv4 ?? '', port: Number(port ?? Number.NaN) }
}

function endpointFault(text: string): string | undefined {
  const { address, port } = endpointOf(text)
  const isBracketed = text.startsWith('[')
  if (isIP(address) !== (isBracketed ? 6 : 4)) return 'is not an address and a port'
  return port <= LAST_PORT ? undefined : 'has no port'
}

const Endpoint = (example: string) =>
  Text(endpointFault, {
    description: 'an address and a port, such as 192.0.2.7:40000 or [2001:db8::7]:40000',
    examples: [example],
  })

const Query = Type.Object(
  {
    source: Endpoint('192.0.2.7:40000'),
    destination: Endpoint('198.51.100.10:80'),
    protocol: Type.Enum(['tcp', 'udp']),
    flags: Type.Optional(
      Type.Enum(['syn'], { description: 'syn asks with the packet that opens a connection' }),
    ),
  },
  { additionalProperties: false },
)

export const Lookup = Type.Object(
  {
    verdict: Type.String({
      description: 'What would become of the packet',
      examples: ['forwarded'],
    }),
    meaning: Type.String({ description: 'What the verdict says' }),
    vip: Type.Optional(Type.String({ description: 'The VIP that takes the flow' })),
    pool: Type.Optional(Type.String()),
    backend: Type.Optional(Type.Object({ name: Type.String(), address: Type.String() })),
    reason: Type.String({ description: 'Why, in a sentence' }),
  },
  {
    $id: 'Lookup',
    title: 'Answer to a lookup',
    description: 'What becomes of a packet of a flow',
  },
)

function ownerOf({ pools }: Compiled, index: number) {
  for (const [pool, { backends }] of pools) {
    const found = backends.find(backend => backend.index === index)
    if (found) return { pool, backend: { name: found.name, address: found.backend.address } }
  }
  return undefined
}

function reasonOf({ pools }: Compiled, pool: string | undefined, answer: Answer): string {
  const backends = (pool !== undefined && pools.get(pool)?.backends) || []
  const states = backends.map(({ name, effective }) => `${name} is ${effective}`).join(', ')
  return answer.verdict === 'drop_no_backend' ? `${answer.meaning} ${states}` : answer.meaning
}

function explain(compiled: Compiled, flow: Flow, answer: Answer) {
  const { verdict, meaning } = answer
  const name = vipOfFlow(compiled, flow)
  const vip = name !== undefined && compiled.intent.vips[name]
  const owner = ownerOf(compiled, answer.backend)
  if (!vip) return { verdict, meaning, reason: meaning }
  const known = { verdict, meaning, vip: name, pool: vip.pool }
  if (!owner) return { ...known, reason: reasonOf(compiled, vip.pool, answer) }
  const { name: backend, address } = owner.backend
  const reason = `vip ${name} takes it; its row of pool ${owner.pool} is backend ${backend}'s, at ${address}`
  return { ...known, ...owner, reason }
}

export const lookup =
  (balancer: Balancer): FastifyPluginAsyncTypebox =>
  async app => {
    app.get(
      '/v1/lookup',
      {
        schema: {
          tags: ['observation'],
          operationId: 'lookup',
          summary: 'Which backend a flow gets, and why, from the running program',
          querystring: Query,
          response: { 200: plain('What becomes of the packet', ref('Lookup')), ...REFUSALS },
        },
      },
      async ({ query }) => {
        const source = endpointOf(query.source)
        const destination = endpointOf(query.destination)
        const flow: Flow = {
          source: source.address,
          sourcePort: source.port,
          destination: destination.address,
          destinationPort: destination.port,
          protocol: query.protocol,
          syn: query.flags === 'syn',
        }
        return explain(balancer.compiled, flow, await balancer.lookup(flow))
      },
    )
  }
