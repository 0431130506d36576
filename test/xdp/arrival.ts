/** How a driver hands a frame to a program, as a test run can imitate it. */
import { release } from 'node:os'
import type { RunOptions } from '../../native/index.ts'

export interface Arrival {
  /** Bytes in the first of several buffers. */
  readonly linear?: number
  /** Bytes that metadata takes of the headroom. */
  readonly metadata?: number
}

const [major = 0, minor = 0] = release().split('.').map(Number)

/** Why a test cannot choose how the driver hands over a frame, if it cannot. */
export const cannotShape =
  major * 100 + minor < 618 ? 'test runs take the first buffer’s size from Linux 6.18 on' : ''

/** What to run: metadata stands in front of the frame, and a `struct xdp_md` tells how much. */
export function runOf(frame: Buffer, { linear, metadata = 0 }: Arrival): RunOptions {
  if (linear === undefined && !metadata) return { data: frame }
  const end = metadata + (linear ?? frame.length)
  return {
    data: Buffer.concat([Buffer.alloc(metadata), frame]),
    context: new Uint8Array(Uint32Array.of(metadata, end, 0, 0, 0, 0).buffer),
  }
}
