/** A real balancer with its API, in a network namespace with a router for a neighbour. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { buildServer } from '../../api/server.ts'
import { Balancer } from '../../lb/balancer.ts'
import type { Node } from '../../lb/node.ts'
import { isolated, link, Namespace } from '../namespace.ts'

export const OUR_MAC = '02:00:00:00:00:02'
export const ROUTER_MAC = '02:00:00:00:00:01'

/** The calling file where eth0 is, and 192.0.2.1 and 2001:db8:0:1::1 lead everywhere. */
export const onAppliance = (t: Test, file: string): Promise<boolean> =>
  isolated(t, file, (inside, resources) => {
    const router = resources.use(new Namespace())
    link(
      {
        namespace: inside,
        name: 'eth0',
        mac: OUR_MAC,
        addresses: ['192.0.2.2/24', '2001:db8:0:1::2/64'],
      },
      {
        namespace: router,
        name: 'eth0',
        mac: ROUTER_MAC,
        addresses: ['192.0.2.1/24', '2001:db8:0:1::1/64'],
      },
    )
    inside.ip('route add default via 192.0.2.1', 'route add default via 2001:db8:0:1::1')
  })

export const capacity = { vips: 64, backends: 256, tables: 32, pins: 1024 }

export interface Appliance extends AsyncDisposable {
  readonly app: FastifyInstance
  readonly balancer: Balancer
}

let count = 0

/** A node of its own: nothing of it is left when the test ends. */
export function newNode(t: Test): Node {
  const store = mkdtempSync(`${tmpdir()}/weir-test-`)
  const pins = `/sys/fs/bpf/weir-test-${process.pid}-${count++}`
  t.teardown(() => {
    for (const path of [store, pins]) rmSync(path, { recursive: true, force: true })
  })
  return { interfaces: ['eth0'], mode: 'native', source: {}, listen: [], capacity, store, pins }
}

export async function start(node: Node): Promise<Appliance> {
  const balancer = await Balancer.open(node, () => undefined)
  const app = await buildServer(balancer)
  return {
    app,
    balancer,
    async [Symbol.asyncDispose]() {
      await app.close()
      await balancer[Symbol.asyncDispose]()
    },
  }
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  /** Parsed if it is JSON. */
  readonly body: unknown
}

export type Ask = (
  method: 'GET' | 'HEAD' | 'PUT' | 'PATCH' | 'POST' | 'DELETE',
  url: string,
  body?: object | string,
  headers?: Readonly<Record<string, string>>,
) => Promise<Answer>

/** A request to the app; a body that is text goes as it is. */
export const asking =
  (app: FastifyInstance): Ask =>
  async (method, url, body, headers = {}) => {
    const options = { method, url, headers, ...(body !== undefined && { body }) }
    const reply = await app.inject(options)
    const isJson = /json/.test(String(reply.headers['content-type']))
    return {
      status: reply.statusCode,
      headers: reply.headers,
      body: isJson && reply.body ? reply.json() : reply.body,
    }
  }

export const MERGE = { 'content-type': 'application/merge-patch+json' }

export const web = {
  encapsulation: { type: 'gre' },
  backends: { b1: { address: '10.0.0.11', weight: 3 }, b2: { address: '10.0.0.12' } },
  rows: 256,
}

export const www = {
  addresses: ['198.51.100.10'],
  listeners: [{ protocol: 'tcp', port: 80 }],
  pool: 'web',
}

/** Until the kernel has found the way to every backend that there is. */
export async function reachable(balancer: Balancer): Promise<void> {
  const pools = [...balancer.compiled.pools.values()]
  if (pools.every(({ backends }) => backends.every(({ path }) => path))) return
  await pause(10)
  await reachable(balancer)
}
