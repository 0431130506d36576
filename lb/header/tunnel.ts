/** What each tunnel adds behind the outer IP header; one file a tunnel says which bytes. */

export const ETHERTYPE_IPV4 = 0x0800
export const ETHERTYPE_IPV6 = 0x86dd

export interface Tunnel {
  /** IP protocol number of the outer header. */
  readonly protocol: number
  /** Everything from the outer IP header's end to the inner IP header. */
  readonly bytes: Uint8Array
  /** Where in `bytes` the 16-bit word stands that names the inner packet's family. */
  readonly innerTypeAt: number
  /** That word for IPv4 and for IPv6. */
  readonly innerType: readonly [number, number]
}
