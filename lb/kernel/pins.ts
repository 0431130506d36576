/** Where the data plane is pinned, so that it outlives the daemon and the next one finds it. */
import { existsSync, mkdirSync, readdirSync, statfsSync, unlinkSync } from 'node:fs'
import { layout } from '../../xdp/layout.ts'
import { Refusal } from '../errors.ts'

const BPF_FS_MAGIC = 0xcafe4a11

export class Pins {
  /** Maps of another layout than this program's stand beside, untouched. */
  readonly maps: string
  readonly tables: string
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
    this.maps = `${directory}/${layout}`
    this.tables = `${this.maps}/rows`
    try {
      mkdirSync(this.tables, { recursive: true })
    } catch (error) {
      throw new Refusal(
        'invalid',
        'no-bpffs',
        `cannot create ${this.tables}: ${String(error)}; mount it: mount -t bpf bpf /sys/fs/bpf`,
      )
    }
    if (statfsSync(directory).type !== BPF_FS_MAGIC)
      throw new Refusal(
        'invalid',
        'no-bpffs',
        `${directory} is not on a BPF file system; mount one: mount -t bpf bpf /sys/fs/bpf`,
      )
  }

  map(name: string): string {
    return `${this.maps}/${name}`
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
    return `${this.#directory}/link-${name}`
  }

  links(): string[] {
    return this.#starting('link-')
  }

  /** The link of the program that does nothing. */
  egress(ifindex: number): string {
    return `${this.#directory}/egress-${ifindex}`
  }

  #starting(...prefixes: string[]): string[] {
    return readdirSync(this.#directory)
      .filter(name => prefixes.some(prefix => name.startsWith(prefix)))
      .map(name => `${this.#directory}/${name}`)
  }
}

export function unpin(path: string): void {
  if (existsSync(path)) unlinkSync(path)
}
