/** What each case measures: the traffic, the listener that takes it, and the tunnel that it leaves by. */
import { parseAddress } from '../lb/address.ts'
import { geneve } from '../lb/header/geneve.ts'
import { gre } from '../lb/header/gre.ts'
import type { Tunnel } from '../lb/header/tunnel.ts'
import { LISTENS_ANY, LISTENS_PORT, type Verdict } from '../xdp/layout.ts'
import { ack, esp, syn, type Transport, udp } from './frames.ts'

const PORT = 443

export const VIP_IPV4 = parseAddress('198.51.100.10')
export const VIP_IPV6 = parseAddress('2001:db8::10')
/** As many flows as are asked for differ in the low bits. */
const CLIENT_IPV4 = parseAddress('10.0.0.0')
const CLIENT_IPV6 = parseAddress('2001:db8:1::')

export interface Scenario {
  readonly client: Uint8Array
  readonly destination: Uint8Array
  readonly transport: Transport
  /** The listener's port, 0 for one of any protocol. */
  readonly port: number
  readonly listens: number
  readonly backends: 'ipv4' | 'ipv6'
  readonly tunnel: Tunnel
  /** What every single packet must come to. */
  readonly verdict: Verdict
}

const tcp4gre4: Scenario = {
  client: CLIENT_IPV4,
  destination: VIP_IPV4,
  transport: ack(PORT),
  port: PORT,
  listens: LISTENS_PORT,
  backends: 'ipv4',
  tunnel: gre(),
  verdict: 'forwarded',
}
const tcp6gre6: Scenario = {
  ...tcp4gre4,
  client: CLIENT_IPV6,
  destination: VIP_IPV6,
  backends: 'ipv6',
}

export const scenarios = {
  pass: { ...tcp4gre4, destination: parseAddress('198.51.100.99'), verdict: 'pass_not_vip' },
  'tcp4-gre4': tcp4gre4,
  'tcp6-gre6': tcp6gre6,
  'tcp4-gre6': { ...tcp4gre4, backends: 'ipv6' },
  'tcp4-geneve4': { ...tcp4gre4, tunnel: geneve(6081, 1) },
  'tcp6-geneve6': { ...tcp6gre6, tunnel: geneve(6081, 1) },
  'udp4-gre4': { ...tcp4gre4, transport: udp(PORT) },
  'any4-gre4': { ...tcp4gre4, transport: esp, port: 0, listens: LISTENS_ANY },
  'syn4-gre4': { ...tcp4gre4, transport: syn(PORT), verdict: 'forwarded_syn' },
} satisfies Record<string, Scenario>

export type ScenarioName = keyof typeof scenarios
