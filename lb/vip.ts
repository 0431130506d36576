/** Virtual addresses, what is listened for on them, and who takes it. */
import { type Static, Type } from 'typebox'
import { canonicalAddress, Host } from './address.ts'
import { type Fault, refuseFields } from './errors.ts'
import { closed, NAME_PATTERN, Text } from './schema.ts'

const LAST_PORT = 65535

function rangeFault(text: string): string | undefined {
  const [, first, last] = /^([1-9]\d{0,4})-([1-9]\d{0,4})$/.exec(text) ?? []
  if (!first || !last || Number(last) > LAST_PORT) return 'is not a range of ports'
  return Number(first) > Number(last) ? 'ends before it begins' : undefined
}

const PortRange = Text(rangeFault, {
  description: `a range such as 8000-8099, from 1 to ${LAST_PORT}`,
  examples: ['8000-8099'],
})

export const Listener = Type.Object(
  {
    protocol: Type.Enum(['tcp', 'udp', 'any'], {
      description: 'any takes every protocol and port that no other listener takes',
    }),
    port: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1, maximum: LAST_PORT }), PortRange], {
        description:
          'A port or a range of ports; without it, every port of the protocol that no other listener takes',
        examples: [80, '8000-8099'],
      }),
    ),
  },
  {
    ...closed,
    title: 'Listener',
    description: 'What is listened for on each address of a VIP; the most specific one wins',
    examples: [{ protocol: 'tcp', port: 80 }],
  },
)

const defaults = { hash: '5-tuple' } as const

export const Vip = Type.Object(
  {
    addresses: Type.Array(Host, { minItems: 1, description: 'IPv4 and IPv6 alike' }),
    listeners: Type.Array(Listener, { minItems: 1 }),
    hash: Type.Optional(
      Type.Enum(['5-tuple', '3-tuple', 'source'], {
        default: defaults.hash,
        description:
          'What a flow is: 5-tuple; 3-tuple (source, destination, protocol); source (a client stays with its backend)',
      }),
    ),
    pool: Type.String({
      pattern: NAME_PATTERN,
      description: 'the name of a pool',
      examples: ['web'],
    }),
  },
  {
    ...closed,
    title: 'VIP',
    description: 'A virtual service: addresses, listeners, and the pool that takes their flows',
    examples: [
      {
        addresses: ['198.51.100.10', '2001:db8::10'],
        listeners: [{ protocol: 'tcp', port: 80 }],
        pool: 'web',
      },
    ],
  },
)

export type Listener = Readonly<Static<typeof Listener>>

export interface Vip {
  readonly addresses: readonly string[]
  readonly listeners: readonly Listener[]
  readonly hash: '5-tuple' | '3-tuple' | 'source'
  readonly pool: string
}

/** A range of one port is that port. */
function listenerOf(input: Listener): Listener {
  const [first, last] = String(input.port).split('-')
  return first === last ? { ...input, port: Number(first) } : { ...input }
}

function* faultsOf({ addresses, listeners }: Vip, at: string): Generator<Fault> {
  for (const [index, { protocol, port }] of listeners.entries())
    if (protocol === 'any' && port !== undefined)
      yield {
        pointer: `${at}/listeners/${index}/port`,
        detail: `${port} is not legal: protocol any takes every port; legal: no port, or protocol tcp or udp`,
      }
  for (const [index, address] of addresses.entries())
    if (addresses.indexOf(address) < index)
      yield {
        pointer: `${at}/addresses/${index}`,
        detail: `${address} stands there twice; legal: each address once`,
      }
}

/** `at` points to the VIP in its document. */
export function vipOf(input: Static<typeof Vip>, at: string): Vip {
  const vip = {
    ...defaults,
    ...input,
    addresses: input.addresses.map(canonicalAddress),
    listeners: input.listeners.map(listenerOf),
  }
  const faults = [...faultsOf(vip, at)]
  if (faults.length > 0) throw refuseFields('invalid', 'invalid-vip', faults)
  return vip
}
