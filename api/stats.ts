/** The program's counters, as JSON or protobuf. All only grow, until what they count is deleted. */
import { readFileSync } from 'node:fs'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import protobuf from 'protobufjs'
import { Type } from 'typebox'
import type { Balancer } from '../lb/balancer.ts'
import { plain, REFUSALS } from './describe.ts'
import { JSON_TYPE, PROTOBUF_TYPE } from './media.ts'
import { preferred } from './negotiate.ts'
import { ref } from './schemas.ts'

const { root } = protobuf.parse(readFileSync(`${import.meta.dirname}/stats.proto`, 'utf8'))

const Count = (description: string) =>
  Type.Unsafe<bigint>({ type: 'integer', format: 'uint64', minimum: 0, description })

export const Stats = Type.Object(
  {
    time: Type.String({ format: 'date-time' }),
    vips: Type.Array(
      Type.Object({
        vip: Type.String(),
        packets: Count('Forwarded'),
        bytes: Count('Of the IP packets, without Ethernet and tunnel'),
        newFlows: Count('TCP SYNs forwarded'),
      }),
    ),
    backends: Type.Array(
      Type.Object({
        pool: Type.String(),
        backend: Type.String(),
        packets: Count('Sent to it'),
        bytes: Count('Of the IP packets, without Ethernet and tunnel'),
        strayPackets: Count("Sent to it though the flow's row is another's by now"),
      }),
    ),
    verdicts: Type.Record(Type.String(), Count('Packets with this end'), {
      description: 'What became of packets',
    }),
  },
  { $id: 'Stats', title: 'Stats', description: 'Counters by VIP, by backend and by verdict' },
)

function readStats(balancer: Balancer) {
  const { vips, backends, verdicts } = balancer.traffic()
  return {
    time: new Date().toISOString(),
    vips: [...vips],
    backends: [...backends],
    verdicts: Object.fromEntries(verdicts),
  }
}

/** protobufjs takes 64-bit integers as text. */
function encode(stats: ReturnType<typeof readStats>): Uint8Array {
  const message = root.lookupType('weir.Stats')
  const text = JSON.stringify(stats, (_key, value) =>
    typeof value === 'bigint' ? String(value) : value,
  )
  return message.encode(message.fromObject(JSON.parse(text))).finish()
}

export const stats =
  (balancer: Balancer): FastifyPluginAsyncTypebox =>
  async app => {
    app.get(
      '/v1/stats',
      {
        schema: {
          tags: ['observation'],
          operationId: 'getStats',
          summary: 'Counters by VIP, by backend and by verdict',
          response: {
            200: {
              ...plain('Counters', ref('Stats')),
              content: {
                [JSON_TYPE]: { schema: ref('Stats') },
                [PROTOBUF_TYPE]: { schema: { type: 'string', format: 'binary' } },
              },
            },
            ...REFUSALS,
          },
        },
      },
      (request, reply) => {
        const all = readStats(balancer)
        reply.header('vary', 'accept')
        if (preferred(request.headers.accept, [JSON_TYPE, PROTOBUF_TYPE]) === JSON_TYPE)
          return all
        return reply.type(PROTOBUF_TYPE).send(Buffer.from(encode(all)))
      },
    )
  }
