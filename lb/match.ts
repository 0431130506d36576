/** Which VIP a flow is for, by classify.h's rule on the same tables: the program's answer does not say. */
import { vip, vipKey } from '../xdp/layout.ts'
import { parseAddress } from './address.ts'
import type { Compiled } from './compile.ts'
import type { Flow } from './lookup.ts'
import { keyText } from './tables.ts'

const PROTOCOLS = { tcp: 6, udp: 17 } as const

export function vipOfFlow(compiled: Compiled, flow: Flow): string | undefined {
  const { destinationPort: port } = flow
  const address = parseAddress(flow.destination)
  const protocol = PROTOCOLS[flow.protocol]
  const listener = (port: number, protocol: number) => {
    const entry = compiled.tables.vips.get(keyText(vipKey.pack({ address, port, protocol })))
    return entry && vip.unpack(entry)
  }
  const anyPort = listener(0, protocol)
  const isInRange = anyPort && anyPort.firstPort <= port && port <= anyPort.lastPort
  const found =
    (port && listener(port, protocol)) || (isInRange && anyPort) || listener(0, 0) || undefined
  return found && [...compiled.vips].find(([, { index }]) => index === found.index)?.[0]
}
