/** Prometheus: what the kernel counted, read when somebody scrapes. */
import type { FastifyPluginAsync } from 'fastify'
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Balancer } from '../lb/balancer.ts'
import { fillOf } from '../lb/fill.ts'
import type { Traffic } from '../lb/traffic.ts'
import { REFUSALS } from './describe.ts'
import { revisionOf } from './node.ts'

type Labels = Readonly<Record<string, string>>

interface Metric {
  readonly name: string
  readonly help: string
  /** The names of the labels, which every value has. */
  readonly labels: readonly string[]
  readonly values: readonly (readonly [labels: Labels, value: number | bigint])[]
}

const VIP = ['vip']
const BACKEND = ['pool', 'backend']

function vipCounters({ vips }: Traffic): Metric[] {
  const valuesOf = (field: 'packets' | 'bytes' | 'newFlows') =>
    vips.map(traffic => [{ vip: traffic.vip }, traffic[field]] as const)
  return [
    {
      name: 'weir_vip_packets_total',
      help: 'Packets forwarded for a VIP',
      labels: VIP,
      values: valuesOf('packets'),
    },
    {
      name: 'weir_vip_bytes_total',
      help: 'Bytes of the IP packets forwarded for a VIP, without Ethernet and tunnel',
      labels: VIP,
      values: valuesOf('bytes'),
    },
    {
      name: 'weir_vip_new_flows_total',
      help: 'TCP SYNs forwarded for a VIP',
      labels: VIP,
      values: valuesOf('newFlows'),
    },
  ]
}

function backendCounters({ backends }: Traffic): Metric[] {
  const valuesOf = (field: 'packets' | 'bytes' | 'strayPackets') =>
    backends.map(
      ({ pool, backend, ...traffic }) => [{ pool, backend }, traffic[field]] as const,
    )
  return [
    {
      name: 'weir_backend_packets_total',
      help: 'Packets sent to a backend',
      labels: BACKEND,
      values: valuesOf('packets'),
    },
    {
      name: 'weir_backend_bytes_total',
      help: 'Bytes of the IP packets sent to a backend, without Ethernet and tunnel',
      labels: BACKEND,
      values: valuesOf('bytes'),
    },
    {
      name: 'weir_backend_stray_packets_total',
      help: "Packets sent to a backend though their row is another's by now",
      labels: BACKEND,
      values: valuesOf('strayPackets'),
    },
  ]
}

const verdictCounter = ({ verdicts }: Traffic): Metric => ({
  name: 'weir_verdicts_total',
  help: 'Packets by what became of them',
  labels: ['verdict'],
  values: [...verdicts].map(([verdict, count]) => [{ verdict }, count] as const),
})

function mapGauges({ programs, compiled }: Balancer): Metric[] {
  const fills = fillOf(programs.maps, compiled)
  return [
    {
      name: 'weir_map_entries',
      help: "Entries in one of the kernel's tables",
      labels: ['map'],
      values: fills.map(({ map, entries }) => [{ map }, entries] as const),
    },
    {
      name: 'weir_map_capacity',
      help: "Entries that fit into one of the kernel's tables",
      labels: ['map'],
      values: fills.map(({ map, capacity }) => [{ map }, capacity] as const),
    },
  ]
}

function stateGauges(balancer: Balancer): Metric[] {
  const { name, id, tag } = balancer.programs.loadBalance.shape
  return [
    {
      name: 'weir_backend_up',
      help: '1 if a backend can be reached',
      labels: BACKEND,
      values: [...balancer.compiled.pools].flatMap(([pool, { backends }]) =>
        backends.map(({ name, path }) => [{ pool, backend: name }, path ? 1 : 0] as const),
      ),
    },
    {
      name: 'weir_revision',
      help: 'Number of the newest revision',
      labels: [],
      values: [[{}, revisionOf(balancer)]],
    },
    {
      name: 'weir_program_info',
      help: '1, of the program that runs',
      labels: ['name', 'id', 'tag'],
      values: [[{ name, id: `${id}`, tag }, 1]],
    },
  ]
}

function fill(
  registry: Registry,
  type: typeof Counter | typeof Gauge,
  metrics: Metric[],
): void {
  for (const { name, help, labels, values } of metrics) {
    const metric = new type({ name, help, labelNames: [...labels], registers: [registry] })
    for (const [labels, value] of values) metric.inc({ ...labels }, Number(value))
  }
}

/** The kernel counts, and whatever is deleted is gone: each scrape starts from nothing. */
function scrape(balancer: Balancer): Registry {
  const registry = new Registry()
  const traffic = balancer.traffic()
  fill(registry, Counter, [
    ...vipCounters(traffic),
    ...backendCounters(traffic),
    verdictCounter(traffic),
  ])
  fill(registry, Gauge, [...stateGauges(balancer), ...mapGauges(balancer)])
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
