/** Backends that share flows, and the tunnel in which these reach them. */
import { type Static, Type } from 'typebox'
import { LEGAL_MAC, macFault } from './address.ts'
import { Backend, backendOf } from './backend.ts'
import { closed, Name, Text } from './schema.ts'

const geneveDefaults = {
  type: 'geneve',
  vni: 0,
  port: 6081,
  ethernet: false,
  // Locally administered, and the same on every backend: "weir" in ASCII.
  mac: '02:77:65:69:72:00',
} as const

const Gre = Type.Object(
  {
    type: Type.Literal('gre'),
    key: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 2 ** 32 - 1,
        description: 'The key in the GRE header (RFC 2890); without it the header has none',
      }),
    ),
  },
  { ...closed, title: 'GRE', description: 'Generic routing encapsulation, RFC 2784 and 7676' },
)

const Geneve = Type.Object(
  {
    type: Type.Literal('geneve'),
    vni: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 2 ** 24 - 1,
        default: geneveDefaults.vni,
        description: 'Virtual network identifier',
      }),
    ),
    port: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 65535,
        default: geneveDefaults.port,
        description: 'UDP port on which the backend takes the tunnel',
      }),
    ),
    ethernet: Type.Optional(
      Type.Boolean({
        default: geneveDefaults.ethernet,
        description:
          'Whether an Ethernet header, addressed to mac, stands in front of the inner packet',
      }),
    ),
    mac: Type.Optional(
      Text(macFault, {
        description: LEGAL_MAC,
        default: geneveDefaults.mac,
        examples: [geneveDefaults.mac],
      }),
    ),
  },
  { ...closed, title: 'Geneve', description: 'Generic network virtualization, RFC 8926' },
)

const ROWS = Array.from({ length: 13 }, (_, at) => 256 * 2 ** at)

const defaults = {
  mode: 'dsr',
  rows: 65536,
  empty: 'drop',
  probe: { type: 'none' },
} as const

export const Pool = Type.Object(
  {
    mode: Type.Optional(
      Type.Enum(['dsr'], {
        default: defaults.mode,
        description: 'dsr: the backend answers the client directly',
      }),
    ),
    encapsulation: Type.Union([Gre, Geneve], {
      description: 'The tunnel in which packets reach the backends',
      examples: [{ type: 'gre' }, { type: 'geneve', vni: 7 }],
    }),
    backends: Type.Optional(
      Type.Record(Name, Backend, {
        ...closed,
        default: {},
        description: 'By name; flows stay with a name, so a name should stay with its server',
      }),
    ),
    rows: Type.Optional(
      Type.Unsafe<number>({
        type: 'integer',
        enum: ROWS,
        default: defaults.rows,
        description: 'Places among which the flows are divided: at least 100 for each backend',
      }),
    ),
    empty: Type.Optional(
      Type.Enum(['drop'], {
        default: defaults.empty,
        description: 'What happens to packets while no backend takes flows',
      }),
    ),
    probe: Type.Optional(
      Type.Object(
        { type: Type.Enum(['none'], { description: 'none: a backend is taken to be up' }) },
        {
          ...closed,
          default: defaults.probe,
          description: 'How the health of a backend is found',
        },
      ),
    ),
  },
  {
    ...closed,
    title: 'Pool',
    description: 'Backends that share the flows of one or more VIPs',
    examples: [
      {
        encapsulation: { type: 'gre' },
        backends: { b1: { address: '10.0.0.11', weight: 10 } },
      },
    ],
  },
)

export type Encapsulation =
  | Readonly<Static<typeof Gre>>
  | Readonly<Required<Static<typeof Geneve>>>

export interface Pool {
  readonly mode: 'dsr'
  readonly encapsulation: Encapsulation
  readonly backends: Readonly<Record<string, Backend>>
  readonly rows: number
  readonly empty: 'drop'
  readonly probe: { readonly type: 'none' }
}

function encapsulationOf(input: Static<typeof Pool>['encapsulation']): Encapsulation {
  if (input.type === 'gre') return { ...input }
  const { mac } = input
  return { ...geneveDefaults, ...input, mac: (mac ?? geneveDefaults.mac).toLowerCase() }
}

export const poolOf = ({ backends = {}, ...input }: Static<typeof Pool>): Pool => ({
  ...defaults,
  ...input,
  encapsulation: encapsulationOf(input.encapsulation),
  backends: Object.fromEntries(
    Object.entries(backends).map(([name, backend]) => [name, backendOf(backend)]),
  ),
})
