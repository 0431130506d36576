/** The kernel's keys for a listener: a port, a short range port by port, or any port with a check. */
import type { Listener } from './vip.ts'

const PROTOCOLS = { any: 0, tcp: 6, udp: 17 } as const
const LAST_PORT = 65535

/** A range of more ports than this is not expanded: it shares the any-port key, with a check. */
export const WIDEST_EXPANDED = 1024

export interface ListenerKey {
  /** 0 is any port. */
  readonly port: number
  /** IP protocol number, 0 is any. */
  readonly protocol: number
  readonly firstPort: number
  readonly lastPort: number
}

/** First and last port that a listener takes. */
export function portRange(listener: Listener): readonly [number, number] {
  const { port } = listener
  if (port === undefined) return [0, LAST_PORT]
  if (typeof port === 'number') return [port, port]
  const [first, last] = port.split('-').map(Number)
  return [first ?? 0, last ?? first ?? 0]
}

export function keysOf(listener: Listener): readonly ListenerKey[] {
  const protocol = PROTOCOLS[listener.protocol]
  const [firstPort, lastPort] = portRange(listener)
  const count = lastPort - firstPort + 1
  if (count > WIDEST_EXPANDED) return [{ port: 0, protocol, firstPort, lastPort }]
  return Array.from({ length: count }, (_, index) => ({
    port: firstPort + index,
    protocol,
    firstPort,
    lastPort,
  }))
}
