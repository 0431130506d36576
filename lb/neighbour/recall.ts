/**
 * The ways to backends that the kernel still sends by, after a restart: a next hop that is silent just
 * then keeps its packets, as it would have without the restart.
 */
import { HEADER_OUTER_IPV4, type Header, header } from '../../xdp/layout.ts'
import { parseAddress } from '../address.ts'
import type { Allocation, BackendPlace } from '../allocation.ts'
import { sameBytes } from '../diff.ts'
import type { Path } from '../header/build.ts'
import { concat } from '../header/bytes.ts'
import type { Intent } from '../intent.ts'
import { backendKey } from '../pool-tables.ts'
import type { Tables } from '../tables.ts'

const V4_MAPPED = parseAddress('0.0.0.0').subarray(0, 12)

/** The path that a header was built from; undefined if there was none. */
export function pathOf({ bytes, egress, kind, largest, length, networkOffset }: Header) {
  if (length === 0) return undefined
  const network = bytes.slice(networkOffset, length)
  const isIpv4 = (kind & HEADER_OUTER_IPV4) !== 0
  const path: Path = {
    egress,
    mtu: largest + network.length,
    nextHopMac: bytes.slice(0, 6),
    sourceMac: bytes.slice(6, 12),
    source: isIpv4 ? concat(V4_MAPPED, network.subarray(12, 16)) : network.slice(8, 24),
    destination: isIpv4 ? concat(V4_MAPPED, network.subarray(16, 20)) : network.slice(24, 40),
  }
  return path
}

/** By backend address: the way that packets take to it now. */
export function recallPaths(
  { pools }: Intent,
  places: Allocation['backends'],
  tables: Tables,
): Map<string, Path> {
  const pathAt = (place: BackendPlace | undefined) => {
    const backend = place && tables.backends.get(place.index)
    const isTheSame = backend && backend.generation === place.generation
    return isTheSame ? pathOf(header.unpack(backend.header)) : undefined
  }
  const paths = Object.entries(pools).flatMap(([pool, { backends }]) =>
    Object.entries(backends).map(([name, { address }]) => {
      const path = pathAt(places.get(backendKey(pool, name)))
      return [address, path] as const
    }),
  )
  return new Map(
    paths.flatMap(([address, path]) =>
      path && sameBytes(path.destination, parseAddress(address)) ? [[address, path]] : [],
    ),
  )
}
