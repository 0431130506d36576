/** GRE, RFC 2784 and 7676, with the optional key of RFC 2890. */
import { concat, u16, u32 } from './bytes.ts'
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, type Tunnel } from './tunnel.ts'

const PROTOCOL_GRE = 47
const KEY_PRESENT = 0x2000

export function gre(key?: number): Tunnel {
  const flags = key === undefined ? 0 : KEY_PRESENT
  return {
    protocol: PROTOCOL_GRE,
    bytes: concat(u16(flags), u16(0), key === undefined ? new Uint8Array() : u32(key)),
    innerTypeAt: 2,
    innerType: [ETHERTYPE_IPV4, ETHERTYPE_IPV6],
  }
}
