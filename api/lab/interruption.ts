/** Ctrl-C and its kin: what runs is told, and may clean up in peace however often they come. */
import { setTimeout as pause } from 'node:timers/promises'

export class Interruption {
  readonly #controller = new AbortController()
  readonly #told: Promise<never>

  constructor(...signals: readonly NodeJS.Signals[]) {
    const { signal } = this.#controller
    this.#told = new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason))
    })
    // Nobody may be waiting when it comes.
    this.#told.catch(() => undefined)
    for (const name of signals) process.on(name, () => this.#controller.abort())
    // Nobody reads on, as after `| head`: for other commands a reason to exit at once.
    process.stdout.removeAllListeners('error').on('error', () => this.#controller.abort())
  }

  get happened(): boolean {
    return this.#controller.signal.aborted
  }

  /** What `or` rejects with. */
  get reason(): unknown {
    return this.#controller.signal.reason
  }

  /** The result of some work; rejects if an interruption comes first. */
  or<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#told])
  }

  async wait(ms: number): Promise<void> {
    const { signal } = this.#controller
    await pause(ms, undefined, { signal }).catch(() => undefined)
  }
}
