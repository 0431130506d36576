/** What this host is doing: version, program, interfaces and how full the kernel's tables are. */
import { release } from 'node:os'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Balancer } from '../lb/balancer.ts'
import { fillOf } from '../lb/fill.ts'
import packageJson from '../package.json' with { type: 'json' }
import { plain, REFUSALS } from './describe.ts'
import { ref } from './schemas.ts'

export const { version } = packageJson

/** Of a BPF instruction. */
const INSTRUCTION_BYTES = 8

const Interface = Type.Object({
  interface: Type.String(),
  ifindex: Type.Integer(),
  mode: Type.Enum(['native', 'generic']),
  warning: Type.Optional(Type.String({ description: 'Why it is not native' })),
})

const Program = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  tag: Type.String({ description: 'Of its instructions: the same tag is the same program' }),
  instructions: Type.Integer(),
  verified: Type.Integer({ description: 'Instructions that the verifier walked through' }),
  jitedBytes: Type.Integer({ description: '0 where it is interpreted' }),
  adopted: Type.Boolean({ description: 'It served before this daemon started, and serves on' }),
})

const Fill = Type.Object({
  map: Type.String(),
  entries: Type.Integer(),
  capacity: Type.Integer({ description: "Of the node file's capacity" }),
})

export const Node = Type.Object(
  {
    version: Type.String(),
    kernel: Type.String(),
    uptime: Type.Number({ description: 'Of the daemon, seconds' }),
    revision: Type.Integer({ description: 'The newest one; 0 in a new store' }),
    interfaces: Type.Array(Interface),
    program: Program,
    maps: Type.Array(Fill),
  },
  { $id: 'Node', title: 'Node', description: 'What this host is doing' },
)

export const revisionOf = (balancer: Balancer): number => balancer.store.head()?.number ?? 0

function programOf({ programs }: Balancer) {
  const { id, name, tag, xlatedBytes, verifiedInstructions, jitedBytes } =
    programs.loadBalance.shape
  return {
    id,
    name,
    tag,
    instructions: xlatedBytes / INSTRUCTION_BYTES,
    verified: verifiedInstructions,
    jitedBytes,
    adopted: programs.adopted,
  }
}

export const node =
  (balancer: Balancer): FastifyPluginAsyncTypebox =>
  async app => {
    app.get(
      '/v1/node',
      {
        schema: {
          tags: ['observation'],
          operationId: 'getNode',
          summary: 'What this host is doing',
          response: { 200: plain('The node', ref('Node')), ...REFUSALS },
        },
      },
      () => ({
        version,
        kernel: release(),
        uptime: process.uptime(),
        revision: revisionOf(balancer),
        interfaces: balancer.attachments,
        program: programOf(balancer),
        maps: fillOf(balancer.programs.maps, balancer.compiled, balancer.node.capacity),
      }),
    )
  }
