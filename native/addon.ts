/** What addon.cc exports. Only declarations: index.ts has the values. */
import type { BpfMap as CompleteMap, KernelError } from './index.ts'

export interface LoadOptions {
  /** Values of `const volatile` variables. */
  readonly constants?: Readonly<Record<string, Uint8Array>>
  readonly maxEntries?: Readonly<Record<string, number>>
  /** Existing maps to use instead of new ones; they must have the same shape. */
  readonly reuse?: Readonly<Record<string, CompleteMap>>
  /** Programs not to load. */
  readonly skip?: readonly string[]
}

export declare class BpfObject implements Disposable {
  private constructor()
  /** Verifies and loads off the main thread. */
  static load(elf: Uint8Array, options?: LoadOptions): Promise<BpfObject>
  /** An independent handle: it outlives the object. */
  map(name: string): CompleteMap
  /** An independent handle: it outlives the object. */
  program(name: string): Program
  /** Of the maps that the source declares. */
  get mapNames(): readonly string[]
  close(): void
  [Symbol.dispose](): void
}

export interface MapShape {
  readonly type: number
  readonly keySize: number
  readonly valueSize: number
  readonly maxEntries: number
  readonly flags: number
  readonly id: number
  readonly name: string
}

export interface NewMap {
  readonly type: number
  readonly keySize: number
  readonly valueSize: number
  readonly maxEntries: number
  readonly name?: string
  readonly flags?: number
  /** For a map of maps: one like those that it will hold. */
  readonly inner?: CompleteMap
}

export declare class BpfMap implements Disposable {
  protected constructor()
  static create(shape: NewMap): CompleteMap
  /** Opens a pinned map. */
  static open(path: string): CompleteMap
  get shape(): MapShape
  /** Of a per-CPU map: the values of all possible CPUs, each rounded up to 8 bytes. */
  get(key: Uint8Array): Uint8Array | undefined
  set(key: Uint8Array, value: Uint8Array, flags?: number): void
  /** Puts a map into a map of maps. */
  setMap(key: Uint8Array, inner: CompleteMap): void
  /** Puts maps into a map of maps, with a single grace period of the kernel for all. */
  setMaps(entries: readonly (readonly [key: Uint8Array, inner: CompleteMap])[]): Promise<void>
  /** Puts a program into a map of programs, for tail calls. */
  setProgram(key: Uint8Array, program: Program): void
  /** False if it was not there. */
  delete(key: Uint8Array): boolean
  /** Keys and values, each concatenated. In one system call where the map type has that. */
  setBatch(keys: Uint8Array, values: Uint8Array): void
  /** Some entries, and where to go on unless they were the last: for `entries`. */
  protected page(cursor?: Uint8Array): {
    readonly count: number
    readonly keys: Uint8Array
    readonly values: Uint8Array
    readonly cursor?: Uint8Array
  }
  /** The living memory of a BPF_F_MMAPABLE map; it stays valid when the map is closed. */
  memory(): Uint8Array
  pin(path: string): void
  close(): void
  [Symbol.dispose](): void
}

export interface RunOptions {
  readonly data: Uint8Array
  /** A `struct xdp_md`. */
  readonly context?: Uint8Array
  readonly repeat?: number
  readonly flags?: number
  /** Of live frames. */
  readonly batchSize?: number
}

export interface RunResult {
  readonly returned: number
  /** The packet as the program left it; empty for live frames. */
  readonly data: Uint8Array
  readonly durationNs: number
}

export interface ProgramShape {
  readonly id: number
  readonly name: string
  readonly tag: string
  readonly verifiedInstructions: number
  readonly jitedBytes: number
  readonly xlatedBytes: number
  /** Counted only while kernel.bpf_stats_enabled is 1. */
  readonly runTimeNs: bigint
  readonly runCount: bigint
}

export declare class Program implements Disposable {
  private constructor()
  /** Opens a pinned program. */
  static open(path: string): Program
  get shape(): ProgramShape
  /** Runs a packet through the program (BPF_PROG_TEST_RUN), off the main thread. */
  run(options: RunOptions): Promise<RunResult>
  pin(path: string): void
  close(): void
  [Symbol.dispose](): void
}

export type XdpMode = 'native' | 'generic'

export interface LinkShape {
  readonly id: number
  readonly programId: number
  /** 0 once the interface is gone. */
  readonly ifindex: number
}

/** A program on an interface, until it is detached or neither a handle nor a pin is left. */
export declare class XdpLink implements Disposable {
  private constructor()
  static attach(program: Program, ifindex: number, mode: XdpMode): XdpLink
  /** Opens a pinned link. */
  static open(path: string): XdpLink
  get shape(): LinkShape
  /** Replaces the program in one step: each packet meets the old one or the new one. */
  update(program: Program): void
  pin(path: string): void
  detach(): void
  close(): void
  [Symbol.dispose](): void
}

/** Reads a BPF ring buffer on a thread of its own; keeps the process alive until closed. */
export declare class Ring implements Disposable {
  constructor(map: CompleteMap, onRecord: (record: Uint8Array) => void)
  close(): void
  [Symbol.dispose](): void
}

/** rtnetlink, in bytes; rtnetlink.ts knows what they mean. */
export declare class NetlinkSocket implements Disposable {
  /**
   * Subscribes to groups, and keeps the process alive until closed, if there is a callback.
   * Empty messages say that some were lost.
   */
  constructor(groups: readonly number[], onMessages?: (messages: Uint8Array) => void)
  /** The whole answer, with the parts of a dump and their end. Off the main thread. */
  request(message: Uint8Array, attempt?: string): Promise<Uint8Array>
  close(): void
  [Symbol.dispose](): void
}

/** Resolves when every program that ran when it was called has ended. */
export declare function gracePeriod(): Promise<void>

/** How many values an entry of a per-CPU map has. */
export declare const possibleCpus: number

/** Hands over the classes that index.ts completes; C++ makes instances of these. */
export declare function complete(classes: {
  readonly KernelError: typeof KernelError
  readonly BpfMap: typeof CompleteMap
}): void
