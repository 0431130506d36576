/** `weir serve` in a namespace, started and stopped as often as a test likes. */
import type { ChildProcess } from 'node:child_process'
import type { Daemon } from '../../api/cli/daemon.ts'
import { makePlace, type Place, ready, startAppliance, stop } from '../../api/lab/appliance.ts'
import { Namespace } from '../../api/lab/namespace.ts'

/** What the daemon says of itself. */
export interface NodeStatus {
  readonly interfaces: readonly {
    readonly interface: string
    readonly mode: string
    readonly warning?: string
  }[]
  readonly program: { readonly id: number; readonly adopted: boolean }
}

interface XdpProgram {
  readonly mode: 'native' | 'generic'
  readonly id: number
}

const WEIR = `${import.meta.dirname}/../../api/main.ts`

/** So that a start has little to read. */
const SMALL = { backends: 255 }

const MODES = { 1: 'native', 2: 'generic' } as const

export class Served implements AsyncDisposable {
  readonly namespace: Namespace
  readonly place: Place
  readonly #stack = new AsyncDisposableStack()
  #child: ChildProcess | undefined

  constructor() {
    this.place = this.#stack.use(makePlace())
    this.namespace = this.#stack.use(new Namespace(undefined, this.place.log))
    this.#stack.defer(() => this.stop())
  }

  /** With `node` in the node file; whatever served before is stopped. */
  start(node: object = {}): Promise<Daemon> {
    return this.startBy([], node)
  }

  /** By a command that runs the one behind it. */
  async startBy(command: readonly string[], node: object = {}): Promise<Daemon> {
    await this.stop()
    this.place.configure({ capacity: SMALL, ...node })
    const serve = [process.execPath, WEIR, 'serve', '--config', this.place.nodeFile]
    this.#child = this.namespace.start(...command, ...serve)
    return ready(this.#child, this.place)
  }

  /** As nothing in the daemon can prevent. */
  async kill(): Promise<void> {
    const gone = new Promise(resolve => this.#child?.once('exit', resolve))
    this.#child?.kill('SIGKILL')
    await gone
  }

  async stop(): Promise<void> {
    if (this.#child) await stop(this.#child)
  }

  /** Of a start that is refused: the exit code, and the last of what was said. */
  async refusal(node: object): Promise<readonly [code: number | null, said: string]> {
    await this.stop()
    this.place.configure({ capacity: SMALL, ...node })
    const child = startAppliance(this.namespace, this.place)
    const code = await new Promise<number | null>(resolve => child.once('exit', resolve))
    return [code, this.place.logTail()]
  }

  /** The program on an interface, if there is one. */
  programOn(name: string): XdpProgram | undefined {
    const shown = this.namespace.run('ip', '-json', 'link', 'show', 'dev', name)
    const [{ xdp }]: [{ xdp?: { mode: keyof typeof MODES; prog: { id: number } } }] =
      JSON.parse(shown)
    return xdp && { mode: MODES[xdp.mode], id: xdp.prog.id }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}
