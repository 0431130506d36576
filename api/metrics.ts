/** Prometheus: what the kernel counted, read when somebody scrapes. */
import type { FastifyPluginAsync } from 'fastify'
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Balancer } from '../lb/balancer.ts'
import { fillOf } from '../lb/fill.ts'
import type { Traffic } from '../lb/traffic.ts'
import { REFUSALS } from './describe.ts'
import { revisionOf } from './node.ts'

/** What is to be told of, as it was at the moment of a scrape. */
interface Scene {
  readonly balancer: Balancer
  readonly traffic: Traffic
}

type Labels = Readonly<Record<string, string>>
type Values = readonly (readonly [labels: Labels, value: number | bigint])[]

interface Metric {
  readonly name: string
  readonly type: typeof Counter | typeof Gauge
  readonly help: string
  /** The names of the labels, which every value has. */
  readonly labels: readonly string[]
  values(scene: Scene): Values
}

const ofVips =
  (field: 'packets' | 'bytes' | 'newFlows') =>
  ({ traffic: { vips } }: Scene): Values =>
    vips.map(counts => [{ vip: counts.vip }, counts[field]])

const ofBackends =
  (field: 'packets' | 'bytes' | 'strayPackets') =>
  ({ traffic: { backends } }: Scene): Values =>
    backends.map(({ pool, backend, ...counts }) => [{ pool, backend }, counts[field]])

const ofMaps =
  (field: 'entries' | 'capacity') =>
  ({ balancer: { programs, compiled, node } }: Scene): Values =>
    fillOf(programs.maps, compiled, node.capacity).map(fill => [{ map: fill.map }, fill[field]])

const upOf = ({ balancer: { compiled } }: Scene): Values =>
  [...compiled.pools].flatMap(([pool, { backends }]) =>
    backends.map(({ name, path }) => [{ pool, backend: name }, path ? 1 : 0] as const),
  )

function programOf({ balancer }: Scene): Values {
  const { name, id, tag } = balancer.programs.loadBalance.shape
  return [[{ name, id: `${id}`, tag }, 1]]
}

const VIP = ['vip']
const BACKEND = ['pool', 'backend']

export const METRICS: readonly Metric[] = [
  {
    name: 'weir_vip_packets_total',
    type: Counter,
    help: 'Packets forwarded for a VIP',
    labels: VIP,
    values: ofVips('packets'),
  },
  {
    name: 'weir_vip_bytes_total',
    type: Counter,
    help: 'Bytes of the IP packets forwarded for a VIP, without Ethernet and tunnel',
    labels: VIP,
    values: ofVips('bytes'),
  },
  {
    name: 'weir_vip_new_flows_total',
    type: Counter,
    help: 'TCP SYNs forwarded for a VIP',
    labels: VIP,
    values: ofVips('newFlows'),
  },
  {
    name: 'weir_backend_packets_total',
    type: Counter,
    help: 'Packets sent to a backend',
    labels: BACKEND,
    values: ofBackends('packets'),
  },
  {
    name: 'weir_backend_bytes_total',
    type: Counter,
    help: 'Bytes of the IP packets sent to a backend, without Ethernet and tunnel',
    labels: BACKEND,
    values: ofBackends('bytes'),
  },
  {
    name: 'weir_backend_stray_packets_total',
    type: Counter,
    help: "Packets sent to a backend though their row is another's by now",
    labels: BACKEND,
    values: ofBackends('strayPackets'),
  },
  {
    name: 'weir_verdicts_total',
    type: Counter,
    help: 'Packets by what became of them',
    labels: ['verdict'],
    values: ({ traffic }) =>
      [...traffic.verdicts].map(([verdict, count]) => [{ verdict }, count]),
  },
  {
    name: 'weir_backend_up',
    type: Gauge,
    help: '1 if a backend can be reached',
    labels: BACKEND,
    values: upOf,
  },
  {
    name: 'weir_revision',
    type: Gauge,
    help: 'Number of the newest revision',
    labels: [],
    values: ({ balancer }) => [[{}, revisionOf(balancer)]],
  },
  {
    name: 'weir_map_entries',
    type: Gauge,
    help: "Entries in one of the kernel's tables",
    labels: ['map'],
    values: ofMaps('entries'),
  },
  {
    name: 'weir_map_capacity',
    type: Gauge,
    help: "Entries that fit into one of the kernel's tables",
    labels: ['map'],
    values: ofMaps('capacity'),
  },
  {
    name: 'weir_program_info',
    type: Gauge,
    help: '1, of the program that runs',
    labels: ['name', 'id', 'tag'],
    values: programOf,
  },
]

/** The kernel counts, and whatever is deleted is gone: each scrape starts from nothing. */
function scrape(balancer: Balancer): Registry {
  const registry = new Registry()
  const scene = { balancer, traffic: balancer.traffic() }
  for (const { name, type: Type, help, labels, values } of METRICS) {
    const metric = new Type({ name, help, labelNames: [...labels], registers: [registry] })
    for (const [its, value] of values(scene)) metric.inc({ ...its }, Number(value))
  }
  return registry
}

export const metrics =
  (balancer: Balancer): FastifyPluginAsync =>
  async app => {
    const process = new Registry()
    collectDefaultMetrics({ register: process })
    app.get(
      '/metrics',
      {
        schema: {
          tags: ['observation'],
          operationId: 'getMetrics',
          summary: 'Counters and gauges for Prometheus',
          response: {
            200: {
              description: 'Prometheus text format',
              content: { 'text/plain': { schema: { type: 'string' } } },
            },
            ...REFUSALS,
          },
        },
      },
      async (_request, reply) => {
        const all = Registry.merge([scrape(balancer), process])
        return reply.type(all.contentType).send(await all.metrics())
      },
    )
  }
