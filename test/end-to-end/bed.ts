/** The lab's network with a configuration of the test's own, and what its client can be asked to do. */
import type { ChildProcess } from 'node:child_process'
import type { Daemon } from '../../api/cli/daemon.ts'
import {
  makePlace,
  type Place,
  ready,
  startAppliance,
  startHosts,
} from '../../api/lab/appliance.ts'
import { buildNetwork, type Network } from '../../api/lab/network.ts'

interface Vip {
  readonly addresses: readonly string[]
  readonly [setting: string]: unknown
}

interface Intent {
  readonly pools: Readonly<Record<string, object>>
  readonly vips: Readonly<Record<string, Vip>>
}

export class Bed implements AsyncDisposable {
  readonly network: Network
  readonly place: Place
  readonly #stack: AsyncDisposableStack
  daemon: Daemon
  child: ChildProcess

  private constructor(
    stack: AsyncDisposableStack,
    network: Network,
    place: Place,
    daemon: Daemon,
    child: ChildProcess,
  ) {
    this.#stack = stack
    this.network = network
    this.place = place
    this.daemon = daemon
    this.child = child
  }

  /** Resolves when what is to be balanced is. */
  static async make(intent: Intent): Promise<Bed> {
    await using stack = new AsyncDisposableStack()
    const place = stack.use(makePlace())
    const addresses = Object.values(intent.vips).flatMap(vip => vip.addresses)
    const network = stack.use(buildNetwork(addresses, place.log))
    const child = startAppliance(network.appliance, place)
    const [daemon] = await Promise.all([ready(child, place), startHosts(network)])
    await daemon.put('/v1/config', intent)
    await serving(daemon)
    return new Bed(stack.move(), network, place, daemon, child)
  }

  /** The daemon dies without a word, and another one takes over. */
  async killAndRestart(): Promise<void> {
    const gone = new Promise(resolve => this.child.once('exit', resolve))
    this.child.kill('SIGKILL')
    await gone
    this.child = startAppliance(this.network.appliance, this.place)
    this.daemon = await ready(this.child, this.place)
  }

  /** Runs a script of this folder in the client's namespace; what it prints is JSON. */
  ask<T>(script: string, ...words: readonly string[]): T {
    const path = `${import.meta.dirname}/${script}`
    return JSON.parse(this.network.client.run(process.execPath, path, ...words))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}

interface PoolStatus {
  readonly status: { readonly out: number }
}

/** Next hops are found a moment after the configuration is accepted. */
async function serving(daemon: Daemon): Promise<void> {
  for (;;) {
    const pools = await daemon.get<Readonly<Record<string, PoolStatus>>>('/v1/pools')
    if (Object.values(pools).every(({ status }) => status.out === 0)) return
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

/** `http://` and the address, as a URL has it. */
export const urlOf = (address: string) =>
  address.includes(':') ? `http://[${address}]` : `http://${address}`
