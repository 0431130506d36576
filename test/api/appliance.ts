/** A real balancer with its API, in a network namespace with a router for a neighbour. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { buildServer } from '../../api/server.ts'
import { Balancer } from '../../lb/balancer.ts'
import type { Node } from '../../lb/node.ts'
import { isolated, link, Namespace } from '../namespace.ts'

/** The calling file where eth0 is, and 192.0.2.1 and 2001:db8:0:1::1 lead everywhere. */
export const onAppliance = (t: Test, file: string): Promise<boolean> =>
  isolated(t, file, (inside, resources) => {
    const router = resources.use(new Namespace())
    link(
      { namespace: inside, name: 'eth0', addresses: ['192.0.2.2/24', '2001:db8:0:1::2/64'] },
      { namespace: router, name: 'eth0', addresses: ['192.0.2.1/24', '2001:db8:0:1::1/64'] },
    )
    inside.ip('route add default via 192.0.2.1', 'route add default via 2001:db8:0:1::1')
  })

const capacity = { vips: 64, backends: 256, tables: 32, pins: 1024 }

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
