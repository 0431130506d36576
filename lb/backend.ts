/** One server that takes flows: where it is, and how much of them. */
import { type Static, Type } from 'typebox'
import { canonicalAddress, Host } from './address.ts'
import { closed } from './schema.ts'

const defaults = { weight: 1, admin: 'enabled' } as const

export const Backend = Type.Object(
  {
    address: Host,
    weight: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1000,
        default: defaults.weight,
        description: 'Its part of the flows, relative to the other backends; 0 drains it',
      }),
    ),
    admin: Type.Optional(
      Type.Enum(['enabled', 'draining', 'disabled'], {
        default: defaults.admin,
        description:
          'enabled takes flows, draining takes no new ones, disabled takes no packet at all',
      }),
    ),
  },
  {
    ...closed,
    title: 'Backend',
    description: 'A server that takes flows of a pool',
    examples: [{ address: '10.0.0.11', weight: 10 }],
  },
)

export type Backend = Readonly<Required<Static<typeof Backend>>>

export const backendOf = (input: Static<typeof Backend>): Backend => ({
  ...defaults,
  ...input,
  address: canonicalAddress(input.address),
})
