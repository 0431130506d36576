/** The network of the packet tests: documentation addresses (RFC 5737, 3849), local MACs. */

import { parseAddress, parseMac } from '../../lb/address.ts'
import { buildHeader, type Path } from '../../lb/header/build.ts'
import { geneve as geneveTunnel } from '../../lb/header/geneve.ts'
import { gre as greTunnel } from '../../lb/header/gre.ts'
import type { Tunnel } from '../../lb/header/tunnel.ts'
import type { Header } from '../../xdp/layout.ts'
import { ethernet, type IpOptions, ipv4, ipv6, type Layer, UDP, udp } from '../packet.ts'
import { GENEVE_PORT, GRE, geneve, gre } from './tunnels.ts'

export const ROUTER = '02:00:00:00:00:09'
export const US = '02:00:00:00:00:01'
export const NEXT_HOP = '02:00:00:00:00:02'
export const SERVER = '02:00:00:00:00:11'

/** A test run's packet arrives on the loopback interface. */
export const INGRESS = 1

export interface Family {
  readonly name: 'IPv4' | 'IPv6'
  readonly headerLength: number
  readonly ip: (
    source: string,
    destination: string,
    protocol: number,
    options?: IpOptions,
  ) => Layer
  readonly client: string
  readonly vip: string
  readonly elsewhere: string
  /** The load balancer's own address, and its backend's. */
  readonly node: string
  readonly backend: string
}

export const IPV4: Family = {
  name: 'IPv4',
  headerLength: 20,
  ip: ipv4,
  client: '192.0.2.7',
  vip: '198.51.100.10',
  elsewhere: '198.51.100.99',
  node: '203.0.113.1',
  backend: '203.0.113.11',
}

export const IPV6: Family = {
  name: 'IPv6',
  headerLength: 40,
  ip: ipv6,
  client: '2001:db8:1::7',
  vip: '2001:db8:2::10',
  elsewhere: '2001:db8:2::99',
  node: '2001:db8:3::1',
  backend: '2001:db8:3::11',
}

export const families: readonly Family[] = [IPV4, IPV6]

/** What the outer header has of the inner packet. */
export interface Carried {
  readonly trafficClass?: number
  readonly df?: boolean
}

export interface Encapsulation {
  readonly name: string
  /** What the control plane builds. */
  readonly tunnel: Tunnel
  readonly protocol: number
  /** What must be on the wire between outer and inner IP header. */
  readonly wire: readonly Layer[]
  /** Bytes that it takes of the MTU over each family. */
  readonly overhead: Readonly<Record<Family['name'], number>>
}

const outerUdp = udp(0, GENEVE_PORT, { checksum: 0 })

export const plainGre: Encapsulation = {
  name: 'GRE',
  tunnel: greTunnel(),
  protocol: GRE,
  wire: [gre()],
  overhead: { IPv4: 24, IPv6: 44 },
}

export const encapsulations: readonly Encapsulation[] = [
  plainGre,
  {
    name: 'GRE with a key',
    tunnel: greTunnel(0xc0ffee01),
    protocol: GRE,
    wire: [gre({ key: 0xc0ffee01 })],
    overhead: { IPv4: 28, IPv6: 48 },
  },
  {
    name: 'Geneve',
    tunnel: geneveTunnel(GENEVE_PORT, 0xabcdef),
    protocol: UDP,
    wire: [outerUdp, geneve({ vni: 0xabcdef })],
    overhead: { IPv4: 36, IPv6: 56 },
  },
  {
    name: 'Geneve with Ethernet',
    tunnel: geneveTunnel(GENEVE_PORT, 1, {
      destination: parseMac(SERVER),
      source: parseMac(US),
    }),
    protocol: UDP,
    wire: [outerUdp, geneve({ vni: 1 }), ethernet(SERVER, US)],
    overhead: { IPv4: 50, IPv6: 70 },
  },
]

/** The tunnel's header as the control plane makes it for a backend of the family. */
export function headerOver(
  outer: Family,
  { tunnel }: Encapsulation,
  path: Partial<Path> = {},
): Header {
  return buildHeader(tunnel, {
    egress: INGRESS,
    mtu: 1500,
    sourceMac: parseMac(US),
    nextHopMac: parseMac(NEXT_HOP),
    source: parseAddress(outer.node),
    destination: parseAddress(outer.backend),
    ...path,
  })
}

/** The same header as it must be on the wire, without Ethernet. Only IPv4 has DF. */
export const outerOver = (
  outer: Family,
  { protocol, wire }: Encapsulation,
  carried: Carried = {},
): readonly Layer[] => [outer.ip(outer.node, outer.backend, protocol, carried), ...wire]
