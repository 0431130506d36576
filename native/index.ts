/** The door to the kernel: what the addon does, in bytes. It knows no VIP. */
import { createRequire } from 'node:module'
import type * as Declared from './addon.ts'

const addon: typeof Declared = createRequire(import.meta.url)('#native')

/** What the kernel or libbpf refused: "<what was attempted>: <reason>". */
export class KernelError extends Error {
  override readonly name = 'KernelError'
  /** The name of the errno, as `ENOSPC`; `ELIBBPF` for libbpf's own. */
  readonly code: string
  /** Negative, as in Node's own errors. */
  readonly errno: number
  /** Everything libbpf and the verifier said, if a load failed. */
  declare readonly log?: string

  constructor(message: string, code: string, errno: number, log?: string) {
    super(message)
    this.code = code
    this.errno = errno
    if (log !== undefined) this.log = log
  }
}

/** BPF_MAP_TYPE_ARRAY and _PERCPU_ARRAY. */
const ARRAYS: readonly number[] = [2, 6]

export class BpfMap extends addon.BpfMap {
  /** A walk over a living map: what is written meanwhile may or may not be seen. */
  *entries(): Generator<[key: Uint8Array, value: Uint8Array]> {
    let cursor: Uint8Array | undefined
    do {
      const page = this.page(cursor)
      const keySize = page.keys.length / page.count
      const valueSize = page.values.length / page.count
      for (let i = 0; i < page.count; i++) {
        yield [
          page.keys.slice(i * keySize, (i + 1) * keySize),
          page.values.slice(i * valueSize, (i + 1) * valueSize),
        ]
      }
      cursor = page.cursor
    } while (cursor)
  }

  /** Deletes every entry; those of an array, which cannot be deleted, become zero. */
  clear(): void {
    const isArray = ARRAYS.includes(this.shape.type)
    for (const [key, value] of this.entries()) {
      if (isArray) this.set(key, value.fill(0))
      else this.delete(key)
    }
  }
}

addon.complete({ KernelError, BpfMap })

export const { BpfObject, NetlinkSocket, Program, Ring, XdpLink, gracePeriod, possibleCpus } =
  addon
export type BpfObject = Declared.BpfObject
export type NetlinkSocket = Declared.NetlinkSocket
export type Program = Declared.Program
export type Ring = Declared.Ring
export type XdpLink = Declared.XdpLink
export type {
  LinkShape,
  LoadOptions,
  MapShape,
  NewMap,
  ProgramShape,
  RunOptions,
  RunResult,
  XdpMode,
} from './addon.ts'
