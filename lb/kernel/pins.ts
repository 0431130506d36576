/** Where the data plane is pinned, so that it outlives the daemon and the next one finds it. */
import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync, unlinkSync } from 'node:fs'
import { layout } from '../../xdp/layout.ts'
import { Refusal } from '../errors.ts'

const BPF_FS_MAGIC = 0xcafe4a11

/** A BPF file system takes no dots, as in eth0.100; interfaces have no colons. */
const pinName = (name: string) => name.replaceAll('.', ':')

export class Pins {
  /** Maps of another layout than this program's stand beside, untouched. */
  readonly maps: string
  readonly tables: string
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
    this.maps = `${directory}/${layout}`
    this.tables = `${this.maps}/rows`
  }

  /** Makes the folders where they are missing. */
  create(): void {
    try {
      mkdirSync(this.tables, { recursive: true })
    } catch (error) {
      throw new Refusal(
        'invalid',
        'no-bpffs',
        `cannot create ${this.tables}: ${String(error)}; mount it: mount -t bpf bpf /sys/fs/bpf`,
      )
    }
    if (statfsSync(this.#directory).type !== BPF_FS_MAGIC)
      throw new Refusal(
        'invalid',
        'no-bpffs',
        `${this.#directory} is not on a BPF file system; mount one: mount -t bpf bpf /sys/fs/bpf`,
      )
  }

  /** Without a link the rest serves nobody. */
  removeUnlessLinked(): void {
    if (this.links().length === 0) rmSync(this.#directory, { recursive: true, force: true })
  }

  map(name: string): string {
    return `${this.maps}/${pinName(name)}`
  }

  table(index: number): string {
    return `${this.tables}/${index}`
  }

  tableIndices(): number[] {
    return readdirSync(this.tables).map(Number)
  }

  /** `digest` stands for the object and its constants: the same name is the same program. */
  program(name: string, digest: string): string {
    return `${this.#directory}/${name}-${digest}`
  }

  programs(): string[] {
    return this.#starting('load_balance-', 'pass-')
  }

  link(name: string): string {
    return `${this.#directory}/link-${pinName(name)}`
  }

  links(): string[] {
    return this.#starting('link-')
  }

  /** The link of the program that does nothing. */
  egress(ifindex: number): string {
    return `${this.#directory}/egress-${ifindex}`
  }

  egressInterfaces(): number[] {
    return this.#starting('egress-').map(path => Number(path.slice(path.lastIndexOf('-') + 1)))
  }

  #starting(...prefixes: string[]): string[] {
    if (!existsSync(this.#directory)) return []
    return readdirSync(this.#directory)
      .filter(name => prefixes.some(prefix => name.startsWith(prefix)))
      .map(name => `${this.#directory}/${name}`)
  }
}

export function unpin(path: string): void {
  if (existsSync(path)) unlinkSync(path)
}
