/** IPv6 extension headers, RFC 8200 4 and RFC 4302, to follow ipv6() in packet(). */
import { fields, type Layer, raw } from '../packet.ts'

export const HOP_BY_HOP = 0
export const ROUTING = 43
export const FRAGMENT = 44
export const AUTHENTICATION = 51
export const NO_NEXT_HEADER = 59
export const DESTINATION_OPTIONS = 60

/** Hop-by-hop or destination options, all of them padding. `length` is a multiple of 8. */
export function options(next: number, length = 8): Layer {
  const padding = Buffer.alloc(length - 2)
  padding.set([1, Math.min(length - 4, 255)])
  return raw(Buffer.concat([fields([8, next], [8, length / 8 - 1]), padding]))
}

/** Type 0 with no segments left, so that the pseudo header's destination is the packet's own. */
export const routing = (next: number, length = 24): Layer =>
  raw(
    Buffer.concat([fields([8, next], [8, length / 8 - 1], [16, 0]), Buffer.alloc(length - 4)]),
  )

/** Its length counts in 32-bit words, alone among extension headers. */
export const authentication = (next: number, length = 24): Layer =>
  raw(
    Buffer.concat([fields([8, next], [8, length / 4 - 2], [16, 0]), Buffer.alloc(length - 4)]),
  )

/** `offset` in bytes, of this fragment in its datagram. An atomic fragment has neither. */
export const fragment = (next: number, { offset = 0, more = false, id = 1 } = {}): Layer =>
  raw(fields([8, next], [8, 0], [16, offset | (more ? 1 : 0)], [32, id]))
