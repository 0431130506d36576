/**
 * The store of a single node: a folder with one file a revision, the indices of the kernel's tables
 * and the seed. The last two are apart, for no rollback may change them.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, unlink } from 'node:fs/promises'
import { type Allocation, emptyAllocation } from '../allocation.ts'
import { Refusal } from '../errors.ts'
import type { Intent } from '../intent.ts'
import type { Report } from '../report.ts'
import {
  decodeAllocation,
  decodeRevision,
  encodeAllocation,
  encodeRevision,
  type Revision,
} from './codec.ts'
import { readChecked, writeDurably } from './durable.ts'
import { type Lock, lockFolder } from './lock.ts'

/** Older revisions are deleted. */
const KEPT_REVISIONS = 100

const SEED_BYTES = 32
const PRIVATE = 0o600
const REVISION_FILE = /^revision-(\d+)$/

async function readSeed(path: string): Promise<Uint8Array> {
  const stored = await readChecked(path)
  if (stored) return stored
  const seed = randomBytes(SEED_BYTES)
  await writeDurably(path, seed, PRIVATE)
  return seed
}

async function readAllocation(path: string): Promise<Allocation> {
  const stored = await readChecked(path)
  return stored ? decodeAllocation(stored) : emptyAllocation
}

export class FileStore {
  readonly seed: Uint8Array
  readonly #directory: string
  readonly #lock: Lock
  #allocation: Allocation
  #numbers: number[]
  #head: Revision | undefined

  private constructor(
    directory: string,
    lock: Lock,
    seed: Uint8Array,
    allocation: Allocation,
    numbers: number[],
  ) {
    this.#directory = directory
    this.#lock = lock
    this.seed = seed
    this.#allocation = allocation
    this.#numbers = numbers
  }

  /** Opens or creates the store in `directory`; one process at a time may have it. */
  static async open(directory: string, report: Report): Promise<FileStore> {
    await mkdir(directory, { recursive: true, mode: 0o750 })
    const lock = lockFolder(directory)
    try {
      const numbers = (await readdir(directory))
        .map(name => Number(REVISION_FILE.exec(name)?.[1] ?? Number.NaN))
        .filter(number => !Number.isNaN(number))
        .sort((a, b) => a - b)
      const seed = await readSeed(`${directory}/seed`)
      const allocation = await readAllocation(`${directory}/allocation`)
      const store = new FileStore(directory, lock, seed, allocation, numbers)
      await store.#findHead(report)
      return store
    } catch (error) {
      lock.release()
      throw error
    }
  }

  get allocation(): Allocation {
    return this.#allocation
  }

  /** The newest revision; undefined in a new store. */
  head(): Revision | undefined {
    return this.#head
  }

  /** Makes `intent` the newest revision; resolves when it is durable. */
  async append(change: { readonly intent: Intent; readonly summary: string }): Promise<Revision> {
    const number = (this.#numbers.at(-1) ?? 0) + 1
    const revision = { number, time: new Date().toISOString(), ...change }
    await writeDurably(this.#path(number), encodeRevision(revision))
    this.#numbers.push(number)
    this.#head = revision
    await this.#forgetOldest()
    return revision
  }

  /** Numbers of the kept revisions, oldest first. */
  revisions(): readonly number[] {
    return this.#numbers
  }

  async read(number: number): Promise<Revision> {
    const stored = await readChecked(this.#path(number))
    if (stored) return decodeRevision(stored)
    const kept = `${this.#numbers[0] ?? 'none'} to ${this.#numbers.at(-1) ?? 'none'}`
    throw new Refusal('missing', 'no-revision', `revision ${number} is not kept; kept are ${kept}`)
  }

  async writeAllocation(allocation: Allocation): Promise<void> {
    if (allocation === this.#allocation) return
    await writeDurably(`${this.#directory}/allocation`, encodeAllocation(allocation))
    this.#allocation = allocation
  }

  close(): void {
    this.#lock.release()
  }

  #path(number: number): string {
    return `${this.#directory}/revision-${number}`
  }

  /** The newest revision that is whole: a damaged one is said, and left for whoever mends it. */
  async #findHead(report: Report): Promise<void> {
    for (const number of this.#numbers.toReversed()) {
      try {
        this.#head = await this.read(number)
        return
      } catch (error) {
        report('warn', 'revision-damaged', { revision: number, error: String(error) })
      }
    }
  }

  async #forgetOldest(): Promise<void> {
    while (this.#numbers.length > KEPT_REVISIONS) {
      const oldest = this.#numbers.shift()
      if (oldest !== undefined) await unlink(this.#path(oldest))
    }
  }
}
