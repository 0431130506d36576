/**
 * The one stateful object: every change, asked for or observed, goes compile -> diff -> write ->
 * commit, one after another. An accepted change is on disk, then in the kernel, before it is answered.
 */
import { hkdfSync } from 'node:crypto'
import { Ring } from '../native/index.ts'
import { event, verdicts } from '../xdp/layout.ts'
import { parseAddress } from './address.ts'
import { type Compiled, compile, type Observed } from './compile.ts'
import { diff } from './diff.ts'
import { assumedPath, type Path } from './header/build.ts'
import { emptyIntent, type Intent, replace } from './intent.ts'
import { DataPlane } from './kernel/dataplane.ts'
import type { Attachment } from './kernel/interfaces.ts'
import { type Answer, type Flow, lookUp } from './lookup.ts'
import { Paths } from './neighbour/paths.ts'
import { recallPaths } from './neighbour/recall.ts'
import type { Node } from './node.ts'
import { type Plan, plan } from './plan.ts'
import type { Report } from './report.ts'
import type { Revision } from './store/codec.ts'
import { FileStore } from './store/file.ts'
import { readTraffic, type Traffic } from './traffic.ts'

export { KernelError } from '../native/index.ts'

/** How long a start waits for next hops before it does without them. */
const RESOLVE_MS = 1000

export type Change = (intent: Intent) => Intent

const addressesOf = (intent: Intent): string[] =>
  Object.values(intent.pools).flatMap(({ backends }) =>
    Object.values(backends).map(({ address }) => address),
  )

/** Constants of the flow hash, odd; every node with the same seed picks the same row for a flow. */
function hashKeyOf(seed: Uint8Array): Uint8Array {
  const key = new Uint8Array(hkdfSync('sha256', seed, '', 'weir flow hash', 16))
  for (const lowest of [0, 8]) key[lowest] = (key[lowest] ?? 0) | 1
  return key
}

export class Balancer implements AsyncDisposable {
  readonly node: Node
  readonly #store: FileStore
  readonly #dataPlane: DataPlane
  readonly #paths: Paths
  readonly #report: Report
  readonly #events: Ring
  #attachments: readonly Attachment[] = []
  #compiled: Compiled
  /** The tail of the queue of changes. */
  #last: Promise<unknown> = Promise.resolve()

  private constructor(node: Node, store: FileStore, dataPlane: DataPlane, report: Report) {
    this.node = node
    this.#store = store
    this.#dataPlane = dataPlane
    this.#report = report
    this.#paths = new Paths(node.source, report, () => this.#followNetwork())
    this.#events = new Ring(dataPlane.programs.maps.events, record => this.#reportEvent(record))
    this.#compiled = {
      intent: emptyIntent,
      allocation: store.allocation,
      pools: new Map(),
      vips: new Map(),
      tables: dataPlane.read(),
    }
  }

  /** Adopts what is pinned, brings the kernel up to the stored intent, and only then attaches. */
  static async open(node: Node, report: Report): Promise<Balancer> {
    await using opened = new AsyncDisposableStack()
    const store = opened.adopt(await FileStore.open(node.store, report), store => store.close())
    const dataPlane = await DataPlane.open(node, hashKeyOf(store.seed), report)
    const balancer = new Balancer(node, store, dataPlane, report)
    opened.defer(() => balancer.#release())
    opened.defer(() => dataPlane.undo())
    await balancer.#start()
    opened.move()
    return balancer
  }

  get intent(): Intent {
    return this.#compiled.intent
  }

  get compiled(): Compiled {
    return this.#compiled
  }

  get attachments(): readonly Attachment[] {
    return this.#attachments
  }

  /** The name of an interface that backends are reached by. */
  interfaceName(ifindex: number): string | undefined {
    return this.#paths.nameOf(ifindex)
  }

  get store(): Pick<FileStore, 'head' | 'revisions' | 'read'> {
    return this.#store
  }

  get programs() {
    return this.#dataPlane.programs
  }

  /**
   * Makes the intent what `change` makes of it; `change` refuses by throwing. Resolves when the new
   * revision is durable and in the kernel.
   */
  change(summary: string, change: Change): Promise<Revision> {
    return this.#enqueue(async () => {
      const intent = change(this.intent)
      const head = this.#store.head()
      if (head && intent === this.intent) return head
      const next = await this.#prepare(intent)
      const revision = await this.#store.append({ intent, summary })
      try {
        await this.#write(next)
      } catch (error) {
        await this.#undo(this.#compiled, summary)
        throw error
      }
      return revision
    })
  }

  /** `check` refuses by throwing, given what would be rolled back. */
  async rollback(number: number, check: (intent: Intent) => void): Promise<Revision> {
    const { intent } = await this.#store.read(number)
    return this.change(`rollback to revision ${number}`, before => {
      check(before)
      return replace(before, intent)
    })
  }

  /** What `change` would do to the flows. Writes nothing. */
  plan(change: Change): Plan {
    const before = this.#compiled
    const intent = change(before.intent)
    return plan(before, this.#compile(intent, assumeReachable(this.#paths.observed, intent)))
  }

  lookup(flow: Flow): Promise<Answer> {
    return lookUp(this.#dataPlane.programs.dry, flow)
  }

  traffic(): Traffic {
    return readTraffic(this.#dataPlane.programs.maps, this.#compiled)
  }

  /** The daemon lets go; the data plane is pinned, and goes on forwarding. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#release()
    this.#store.close()
  }

  async #release(): Promise<void> {
    this.#paths[Symbol.dispose]()
    this.#events.close()
    await this.#last
    this.#dataPlane[Symbol.dispose]()
  }

  #enqueue<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task)
    this.#last = result.catch(() => undefined)
    return result
  }

  #start(): Promise<void> {
    return this.#enqueue(async () => {
      const intent = this.#store.head()?.intent ?? emptyIntent
      const { allocation, tables } = this.#compiled
      await this.#paths.follow(addressesOf(intent))
      await this.#paths.recall(recallPaths(intent, allocation.backends, tables))
      await this.#paths.settle(RESOLVE_MS)
      await this.#write(await this.#prepare(intent))
      this.#attachments = await this.#dataPlane.attach(this.node.mode)
    })
  }

  #followNetwork(): void {
    this.#enqueue(() => this.#write(this.#compile(this.intent, this.#paths.observed))).catch(
      error => this.#report('warn', 'update-failed', { error: String(error) }),
    )
  }

  #compile(intent: Intent, observed: Observed): Compiled {
    const { seed } = this.#store
    return compile(intent, observed, { seed, capacity: this.node.capacity }, this.#compiled)
  }

  /** Compiles, and makes the indices durable before anything in the kernel bears them. */
  async #prepare(intent: Intent): Promise<Compiled> {
    await this.#paths.follow(addressesOf(intent))
    try {
      const next = this.#compile(intent, this.#paths.observed)
      await this.#store.writeAllocation(next.allocation)
      return next
    } catch (error) {
      await this.#paths.follow(addressesOf(this.intent))
      throw error
    }
  }

  async #write(next: Compiled): Promise<void> {
    try {
      await this.#dataPlane.apply(diff(this.#compiled.tables, next.tables))
      this.#compiled = next
    } catch (error) {
      this.#compiled = { ...this.#compiled, tables: this.#dataPlane.read() }
      throw error
    }
  }

  /** The kernel refused in the middle of a change: back to what was before it, on disk too. */
  async #undo(before: Compiled, summary: string): Promise<void> {
    await this.#store.append({ intent: before.intent, summary: `undo: ${summary}` })
    await this.#write(await this.#prepare(before.intent))
  }

  #reportEvent(record: Uint8Array): void {
    const { verdict, vip } = event.unpack(record)
    const name = [...this.#compiled.vips].find(([, { index }]) => index === vip)?.[0]
    this.#report('warn', 'first-drop', { ...verdicts[verdict], ...(name && { vip: name }) })
  }
}

/** A plan takes it that a backend which nobody asked the way to yet will be found. */
function assumeReachable(observed: Observed, intent: Intent): Observed {
  const paths = new Map<string, Path>()
  for (const address of addressesOf(intent))
    paths.set(address, observed.paths.get(address) ?? assumedPath(parseAddress(address)))
  return { ...observed, paths }
}
