/**
 * Addresses between text and 16 bytes. IPv4 is v4-mapped (::ffff:a.b.c.d), so that everything
 * behind this file knows one family of addresses.
 */
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { Refusal, show } from './errors.ts'
import { Text } from './schema.ts'

const LEGAL_HOST = 'the IPv4 or IPv6 address of one host, such as 198.51.100.10 or 2001:db8::10'
export const LEGAL_MAC = 'the MAC address of one host, such as 02:00:00:00:00:01'

const V4_MAPPED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff)

/** The ranges that hold no address of one host. */
const NO_HOST: ReadonlyMap<string, string> = new Map([
  ['unspecified', 'is not an address of a host'],
  ['multicast', 'is a multicast address'],
  ['loopback', 'is a loopback address'],
  ['broadcast', 'is the broadcast address'],
])

export const isIpv4 = (address: Uint8Array) =>
  V4_MAPPED.every((byte, at) => address[at] === byte)

/** What is wrong with the text of an address, if anything is: the end of a sentence about it. */
function textFault(text: string): string | undefined {
  // ipaddr.js alone takes 10.1, 010.0.0.1 (for 8.0.0.1) and 0x7f.1 too.
  if (!isIP(text)) return 'is not an address'
  if (text.includes('%')) return 'names a zone'
  const address = ipaddr.parse(text)
  return address.range() === 'ipv4Mapped' ? 'is an IPv4 address written as IPv6' : undefined
}

/** What is wrong with the text as the address of a host that any link can reach. */
export function hostFault(text: string): string | undefined {
  const fault = textFault(text)
  if (fault) return fault
  const address = ipaddr.parse(text)
  const range = address.range()
  if (range === 'linkLocal' && address.kind() === 'ipv6')
    return 'means nothing without its link'
  return NO_HOST.get(range)
}

export const Host = Text(hostFault, {
  description: LEGAL_HOST,
  examples: ['198.51.100.10', '2001:db8::10'],
})

export function parseAddress(text: string): Uint8Array {
  const fault = textFault(text)
  if (fault)
    throw new Refusal(
      'invalid',
      'invalid-address',
      `${show(text)} ${fault}; legal: ${LEGAL_HOST}`,
    )
  const bytes = ipaddr.parse(text).toByteArray()
  return Uint8Array.of(...(bytes.length === 4 ? V4_MAPPED : []), ...bytes)
}

/** RFC 5952 text, IPv4 in dots. */
export function formatAddress(address: Uint8Array): string {
  const bytes = isIpv4(address) ? address.subarray(V4_MAPPED.length) : address
  return ipaddr.fromByteArray([...bytes]).toString()
}

/** The one text of an address, whichever of its texts came: of one that is legal. */
export const canonicalAddress = (text: string) => ipaddr.parse(text).toString()

export function macFault(text: string): string | undefined {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) return 'is not a MAC address'
  const mac = parseMac(text)
  if ((mac[0] ?? 0) & 1) return 'is a multicast address'
  return mac.some(byte => byte) ? undefined : 'is not an address of a host'
}

export const parseMac = (text: string) =>
  Uint8Array.from(text.split(':'), byte => Number.parseInt(byte, 16))
