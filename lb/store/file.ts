/**
 * The store of a single node: a folder with one file a revision, the indices of the kernel's tables
 * and the seed. The last two are apart, for no rollback may change them.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { type Allocation, emptyAllocation } from '../allocation.ts'
import { Refusal } from '../errors.ts'
import type { Report } from '../report.ts'
import {
  decodeAllocation,
  decodeRevision,
  decodeSummary,
  encodeAllocation,
  encodeRevision,
  type Revision,
  type RevisionSummary,
} from './codec.ts'
import { DAMAGED, readChecked, writeDurably } from './durable.ts'
import { type Lock, lockFolder } from './lock.ts'

/** How many revisions are kept: older ones are deleted. */
const KEPT_REVISIONS = 100

const SEED_BYTES = 32
const REVISION_FILE = /^revision-(\d+)$/

/** Numbers of the revisions in the folder, oldest first. */
async function numbersIn(directory: string): Promise<number[]> {
  const numbers = (await readdir(directory)).flatMap(
    name => REVISION_FILE.exec(name)?.[1] ?? [],
  )
  return numbers.map(Number).sort((a, b) => a - b)
}

/** A seed is made with the store and never again: with another one every flow would move. */
async function readSeed(directory: string, isNew: boolean): Promise<Uint8Array> {
  const path = `${directory}/seed`
  const stored = await readChecked(path)
  if (stored) return stored
  if (!isNew)
    throw new Refusal(
      'missing',
      'seed-missing',
      `${path} is missing, and another seed would move every flow; legal: the seed from a backup, or an empty folder`,
    )
  const seed = randomBytes(SEED_BYTES)
  await writeDurably(path, seed)
  return seed
}

async function readAllocation(directory: string): Promise<Allocation> {
  const stored = await readChecked(`${directory}/allocation`)
  return stored ? decodeAllocation(stored) : emptyAllocation
}

/** Whoever stays keeps the same place, as an object too. */
const samePlaces = <T>(a: ReadonlyMap<string, T>, b: ReadonlyMap<string, T>) =>
  a.size === b.size && a.entries().every(([name, place]) => b.get(name) === place)

export class FileStore {
  readonly seed: Uint8Array
  readonly #directory: string
  readonly #lock: Lock
  readonly #kept: number
  #allocation: Allocation
  #numbers: number[]
  #head: Revision | undefined

  private constructor(
    directory: string,
    lock: Lock,
    kept: number,
    seed: Uint8Array,
    allocation: Allocation,
    numbers: number[],
  ) {
    this.#directory = directory
    this.#lock = lock
    this.#kept = kept
    this.seed = seed
    this.#allocation = allocation
    this.#numbers = numbers
  }

  /** Opens or creates the store in `directory`; one process at a time may have it. */
  static async open(
    directory: string,
    report: Report,
    kept: number = KEPT_REVISIONS,
  ): Promise<FileStore> {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const lock = lockFolder(directory)
    try {
      const numbers = await numbersIn(directory)
      const seed = await readSeed(directory, numbers.length === 0)
      const allocation = await readAllocation(directory)
      const store = new FileStore(directory, lock, kept, seed, allocation, numbers)
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

  /** Makes `intent` the newest revision; resolves when it is durable. One at a time. */
  async append(change: Pick<Revision, 'intent' | 'summary' | 'author'>): Promise<Revision> {
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
    return decodeRevision(await this.#content(number))
  }

  /** A revision without its intent: what a list of them needs. */
  async summary(number: number): Promise<RevisionSummary> {
    return decodeSummary(await this.#content(number))
  }

  async writeAllocation(allocation: Allocation): Promise<void> {
    const { vips, tables, backends, generation } = this.#allocation
    const same =
      allocation.generation === generation &&
      samePlaces(allocation.vips, vips) &&
      samePlaces(allocation.tables, tables) &&
      samePlaces(allocation.backends, backends)
    if (!same) await writeDurably(`${this.#directory}/allocation`, encodeAllocation(allocation))
    this.#allocation = allocation
  }

  close(): void {
    this.#lock.release()
  }

  #path(number: number): string {
    return `${this.#directory}/revision-${number}`
  }

  async #content(number: number): Promise<Uint8Array> {
    const content = await readChecked(this.#path(number))
    if (content) return content
    const kept = `${this.#numbers[0] ?? 'none'} to ${this.#numbers.at(-1) ?? 'none'}`
    throw new Refusal(
      'missing',
      'no-revision',
      `revision ${number} is not kept; legal: ${kept}`,
    )
  }

  /**
   * The newest revision that is whole; a damaged one is reported, and left for whoever mends it.
   * Without any, to go on would take all VIPs away.
   */
  async #findHead(report: Report): Promise<void> {
    for (const number of this.#numbers.toReversed()) {
      try {
        this.#head = await this.read(number)
        return
      } catch (error) {
        if (!(error instanceof Refusal) || error.code !== DAMAGED) throw error
        report('warn', 'revision-damaged', { revision: number, error: error.message })
      }
    }
    if (this.#numbers.length > 0)
      throw new Refusal(
        'missing',
        'store-damaged',
        `no revision in ${this.#directory} is whole; legal: one from a backup, or an empty folder`,
      )
  }

  async #forgetOldest(): Promise<void> {
    for (const number of this.#numbers.splice(0, this.#numbers.length - this.#kept))
      await rm(this.#path(number), { force: true })
  }
}
