/** The plain case: a VIP with an address of each family that takes everything, and GRE over IPv4. */
import { ethernet, type Layer, packet } from '../packet.ts'
import type { Outcome } from './balancing.ts'
import {
  type Carried,
  type Family,
  families,
  headerOver,
  IPV4,
  NEXT_HOP,
  outerOver,
  plainGre,
  ROUTER,
  US,
} from './network.ts'
import type { Setup } from './setup.ts'

export const plainHeader = headerOver(IPV4, plainGre)

export const plain: Setup = {
  listeners: families.map(({ vip }) => ({ address: vip })),
  headers: [plainHeader],
}

/** A frame from the router to us. */
export const arriving = (...layers: readonly Layer[]) => packet(ethernet(US, ROUTER), ...layers)

/** What becomes of a packet that the plain header goes in front of. */
export function forwarded(
  inner: Family,
  layers: readonly Layer[],
  { df = inner.name === 'IPv6', trafficClass = 0, ...other }: Carried & Partial<Outcome> = {},
): Outcome {
  return {
    action: 'tx',
    verdict: 'forwarded',
    vip: families.indexOf(inner) + 1,
    backend: 1,
    packet: packet(
      ethernet(NEXT_HOP, US),
      ...outerOver(IPV4, plainGre, { df, trafficClass }),
      ...layers,
    ),
    ...other,
  }
}
