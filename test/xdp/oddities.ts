/** Packets that contradict themselves, or that nobody can balance, and the reason. */
import type { Verdict } from '../../xdp/layout.ts'
import { ESP, ipv4, ipv6, type Layer, raw, TCP, tcp, text, UDP, udp } from '../packet.ts'
import { DESTINATION_OPTIONS, FRAGMENT, fragment, options } from './extensions.ts'
import { type Family, IPV4, IPV6 } from './network.ts'

export interface Oddity {
  readonly name: string
  /** What a listener on everything, by 5-tuple, makes of it. */
  readonly verdict: Verdict
  readonly layers: readonly Layer[]
}

/** A name for each way to set one thing. */
const each = <T>(values: readonly T[], make: (value: T) => Oddity) => values.map(make)

const query = text('query')
const segment = tcp(40000, 80)
const datagram = udp(5000, 53)
const padding = raw(Buffer.alloc(60, 0x55))

function ofTransport({ ip, client }: Family, destination: string): Oddity[] {
  return [
    ...each([0, 4], dataOffset => ({
      name: `TCP data offset ${dataOffset}`,
      verdict: 'drop_bad_header_length',
      layers: [ip(client, destination, TCP), tcp(40000, 80, { dataOffset })],
    })),
    ...each([6, 15], dataOffset => ({
      name: `TCP data offset ${dataOffset} in 20 bytes`,
      verdict: 'drop_bad_length',
      layers: [ip(client, destination, TCP), tcp(40000, 80, { dataOffset })],
    })),
    ...each([0, 7, 14, 65535], length => ({
      name: `UDP length ${length} of 13 bytes`,
      verdict: 'drop_bad_length',
      layers: [ip(client, destination, UDP), udp(5000, 53, { length }), query],
    })),
  ]
}

function ofNetwork(family: Family, destination: string): Oddity[] {
  const { ip, client, name, headerLength } = family
  const payload = (bytes: number) => ({
    length: name === 'IPv4' ? headerLength + bytes : bytes,
  })
  return [
    ...each([0, name === 'IPv4' ? 6 : 4, 15], version => ({
      name: `version ${version}`,
      verdict: 'drop_bad_version',
      layers: [ip(client, destination, UDP, { version }), datagram],
    })),
    {
      name: 'TTL 0',
      verdict: 'drop_ttl_zero',
      layers: [ip(client, destination, UDP, { ttl: 0 }), datagram],
    },
    ...each([9, 60000], bytes => ({
      name: `${bytes} bytes of payload, 8 in the frame`,
      verdict: 'drop_truncated',
      layers: [ip(client, destination, UDP, payload(bytes)), datagram],
    })),
    {
      name: 'too short for a TCP header',
      verdict: 'drop_bad_length',
      layers: [ip(client, destination, TCP, payload(19)), segment, padding],
    },
    {
      name: 'too short for a UDP header',
      verdict: 'drop_bad_length',
      layers: [ip(client, destination, UDP, payload(7)), datagram, padding],
    },
    {
      name: 'too short for a UDP header, without padding',
      verdict: 'drop_bad_length',
      layers: [ip(client, destination, UDP), raw(Buffer.alloc(7))],
    },
    {
      name: 'no payload',
      verdict: 'drop_bad_length',
      layers: [ip(client, destination, TCP, payload(0)), segment, padding],
    },
  ]
}

function ofIpv4(destination: string): Oddity[] {
  const layers = (header: object) => [
    ipv4(IPV4.client, destination, UDP, header),
    datagram,
    query,
  ]
  return [
    ...each([0, 4], ihl => ({
      name: `header length ${ihl}`,
      verdict: 'drop_bad_header_length',
      layers: layers({ ihl }),
    })),
    {
      name: 'a header longer than the packet',
      verdict: 'drop_bad_length',
      layers: layers({ ihl: 15 }),
    },
    ...each([0, 19], length => ({
      name: `total length ${length}`,
      verdict: 'drop_bad_length',
      layers: layers({ length }),
    })),
    {
      name: 'total length 19, without a transport header',
      verdict: 'drop_bad_length',
      layers: [ipv4(IPV4.client, destination, ESP, { length: 19 }), padding],
    },
    ...each([0, 1480], fragmentOffset => ({
      name: `a fragment at ${fragmentOffset}`,
      verdict: 'drop_fragment',
      layers: layers({ fragmentOffset, moreFragments: true }),
    })),
    {
      name: 'a last fragment',
      verdict: 'drop_fragment',
      layers: layers({ fragmentOffset: 65528 }),
    },
  ]
}

/** Destination options that claim to be this much longer than their 8 bytes, in 8 bytes. */
const claiming = (more: number, next: number) => raw(Buffer.of(next, more, 1, 4, 0, 0, 0, 0))

function ofIpv6(destination: string): Oddity[] {
  const to = (next: number) => ipv6(IPV6.client, destination, next)
  const withOptions = (...layers: readonly Layer[]) => [to(DESTINATION_OPTIONS), ...layers]
  const seven = Array.from({ length: 6 }, () => options(DESTINATION_OPTIONS))
  return [
    {
      name: 'seven extension headers',
      verdict: 'drop_extension_headers',
      layers: withOptions(...seven, options(TCP), segment),
    },
    ...each([2, 3, 255], more => ({
      name: `an extension header of ${more * 8} bytes too many`,
      verdict: 'drop_bad_length',
      layers: withOptions(claiming(more, TCP), segment),
    })),
    ...each([3, 255], more => ({
      name: `an extension header of ${more * 8} bytes too many, in front of ESP`,
      verdict: 'drop_bad_length',
      layers: withOptions(claiming(more, ESP), segment),
    })),
    {
      name: 'an extension header behind the packet',
      verdict: 'drop_truncated',
      layers: withOptions(claiming(255, DESTINATION_OPTIONS), segment),
    },
    {
      name: 'half an extension header',
      verdict: 'drop_truncated',
      layers: withOptions(raw(Buffer.alloc(4))),
    },
    ...each([0, 1448], offset => ({
      name: `a fragment at ${offset}`,
      verdict: 'drop_fragment',
      layers: [to(FRAGMENT), fragment(UDP, { offset, more: true }), datagram],
    })),
    {
      name: 'a last fragment',
      verdict: 'drop_fragment',
      layers: [to(FRAGMENT), fragment(UDP, { offset: 65528 }), query],
    },
  ]
}

export const odditiesTo = (family: Family, destination: string): readonly Oddity[] => [
  ...ofTransport(family, destination),
  ...ofNetwork(family, destination),
  ...(family === IPV4 ? ofIpv4 : ofIpv6)(destination),
]
