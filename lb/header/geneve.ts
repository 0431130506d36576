/** Geneve, RFC 8926: the inner packet as it is, or behind an Ethernet header. */
import { concat, u16, u24 } from './bytes.ts'
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, type Tunnel } from './tunnel.ts'

const PROTOCOL_UDP = 17
const TRANS_ETHER_BRIDGING = 0x6558
const GENEVE_LENGTH = 8

export interface InnerEthernet {
  readonly destination: Uint8Array
  readonly source: Uint8Array
}

/** The UDP header's source port and length, and the inner type, are the packet's to decide. */
export function geneve(port: number, vni: number, ethernet?: InnerEthernet): Tunnel {
  const udp = concat(u16(0), u16(port), u16(0), u16(0))
  const type = ethernet ? TRANS_ETHER_BRIDGING : 0
  const base = concat(u16(0), u16(type), u24(vni), Uint8Array.of(0))
  const inner = ethernet
    ? concat(ethernet.destination, ethernet.source, u16(0))
    : new Uint8Array()
  return {
    protocol: PROTOCOL_UDP,
    bytes: concat(udp, base, inner),
    innerTypeAt: udp.length + (ethernet ? GENEVE_LENGTH + inner.length - 2 : 2),
    innerType: [ETHERTYPE_IPV4, ETHERTYPE_IPV6],
  }
}
