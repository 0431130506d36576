/** The data plane without a daemon: tables are compiled and written as the balancer does it. */
import { emptyAllocation } from '../../lb/allocation.ts'
import { type Compiled, compile } from '../../lb/compile.ts'
import { diff } from '../../lb/diff.ts'
import type { Path } from '../../lb/header/build.ts'
import { emptyIntent, type Intent } from '../../lb/intent.ts'
import { DataPlane } from '../../lb/kernel/dataplane.ts'
import { type Node, parseNode } from '../../lb/node.ts'

const NOWHERE = new Uint8Array(16)
const HASH_KEY = new Uint8Array(16).fill(1)
const SEED = new Uint8Array(32)

export class Bare implements Disposable {
  readonly dataPlane: DataPlane
  readonly #node: Node
  #compiled: Compiled

  private constructor(node: Node, dataPlane: DataPlane) {
    this.#node = node
    this.dataPlane = dataPlane
    this.#compiled = {
      intent: emptyIntent,
      allocation: emptyAllocation,
      pools: new Map(),
      vips: new Map(),
      tables: dataPlane.read(),
    }
  }

  /** On one interface, without having been attached. */
  static async open(name: string, pins: string): Promise<Bare> {
    const capacity = '{ vips: 16, backends: 128, tables: 4 }'
    const text = `{ interfaces: [${name}], pins: ${pins}, capacity: ${capacity} }`
    const node = parseNode(text, 'node.yaml')
    return new Bare(node, await DataPlane.open(node, HASH_KEY, () => undefined))
  }

  /** Every backend is reached by `path`. Returns how many writes that took. */
  async change(intent: Intent, path: Path): Promise<number> {
    const addresses = Object.values(intent.pools).flatMap(({ backends }) =>
      Object.values(backends).map(({ address }) => address),
    )
    const paths = new Map(addresses.map(address => [address, path]))
    const observed = { paths, local: new Set<string>(), sources: [NOWHERE, NOWHERE] } as const
    const { capacity } = this.#node
    const next = compile(intent, observed, { seed: SEED, capacity }, this.#compiled)
    const writes = diff(this.#compiled.tables, next.tables)
    await this.dataPlane.apply(writes)
    this.#compiled = next
    return writes.length
  }

  [Symbol.dispose](): void {
    this.dataPlane[Symbol.dispose]()
  }
}

/** A VIP for TCP port 443 of 198.51.100.10, and so many backends. */
export const intentOf = (backends: number) => ({
  pools: {
    web: {
      encapsulation: { type: 'gre' },
      rows: 256,
      backends: Object.fromEntries(
        Array.from({ length: backends }, (_, at) => [
          `b${at}`,
          { address: `192.0.2.${at + 1}` },
        ]),
      ),
    },
  },
  vips: {
    www: {
      addresses: ['198.51.100.10'],
      listeners: [{ protocol: 'tcp', port: 443 }],
      pool: 'web',
    },
  },
})
