/** The node file: what this host is. Read once, at start. */
import { isIP } from 'node:net'
import { isAbsolute } from 'node:path'
import { type Static, Type } from 'typebox'
import { hostFault, parseAddress } from './address.ts'
import { Refusal } from './errors.ts'
import { closed, conforming, Text } from './schema.ts'
import { readYaml } from './yaml.ts'

/** Of a Unix socket: the kernel's, less the byte that ends it. */
const LONGEST_SOCKET_PATH = 107
const LAST_PORT = 65535

function interfaceFault(name: string): string | undefined {
  const legal = /^[^/:\s]{1,15}$/.test(name) && name !== '.' && name !== '..'
  return legal ? undefined : 'is not the name of an interface'
}

const Interface = Text(interfaceFault, {
  description: 'the name of a network interface, 1 to 15 characters without space, / and :',
  examples: ['eth0'],
})

function Source(version: 4 | 6, example: string) {
  const faultOf = (text: string) =>
    hostFault(text) ?? (isIP(text) === version ? undefined : 'is of the other family')
  return Text(faultOf, {
    description: `the IPv${version} address of this host from which tunnels start, such as ${example}`,
    examples: [example],
  })
}

/** What the API listens on, as Node's servers want it. */
export type Listen =
  | { readonly path: string }
  | { readonly host: string; readonly port: number }

function listenOf(text: string): Listen {
  const [, path, ipv6, ipv4, port] =
    /^(?:unix:(.*)|(?:\[(.*)\]|([^:]*)):(\d{1,5}))$/.exec(text) ?? []
  return path === undefined ? { host: ipv6 ?? ipv4 ?? '', port: Number(port) } : { path }
}

function listenFault(text: string): string | undefined {
  const listen = listenOf(text)
  if ('path' in listen) {
    if (!isAbsolute(listen.path)) return 'is not an absolute path'
    return Buffer.byteLength(listen.path) > LONGEST_SOCKET_PATH ? 'is too long' : undefined
  }
  if (!isIP(listen.host)) return 'is not an address and a port'
  if (!(listen.port <= LAST_PORT)) return 'is not a port'
  const loopback = listen.host === '::1' || listen.host.startsWith('127.')
  return loopback ? undefined : 'is not on loopback, and TLS is not available in this version'
}

const Listen = Text(listenFault, {
  description:
    'unix:/path, 127.0.0.1:port or [::1]:port with a port from 0 (any free one) to 65535',
  examples: ['unix:/run/weir/weir.sock', '127.0.0.1:9470'],
})

const FILE_STORE = 'file:'

function storeFault(text: string): string | undefined {
  if (text.startsWith('etcd:')) return 'is not available in this version'
  const legal = text.startsWith(FILE_STORE) && isAbsolute(text.slice(FILE_STORE.length))
  return legal ? undefined : 'is not a store'
}

const absoluteFault = (text: string) =>
  isAbsolute(text) ? undefined : 'is not an absolute path'

const defaults = {
  mode: 'auto',
  listen: ['unix:/run/weir/weir.sock', '127.0.0.1:9470'],
  store: 'file:/var/lib/weir',
  pins: '/sys/fs/bpf/weir',
} as const

const defaultCapacity = { vips: 4096, backends: 65535, tables: 1024, pins: 131072 }

export type Capacity = Readonly<typeof defaultCapacity>

const Count = (of: keyof Capacity, maximum: number, description: string) =>
  Type.Optional(
    Type.Integer({ minimum: 1, maximum, default: defaultCapacity[of], description }),
  )

export const NodeFile = Type.Object(
  {
    interfaces: Type.Array(Interface, {
      minItems: 1,
      uniqueItems: true,
      description: 'Where the XDP program is attached',
    }),
    mode: Type.Optional(
      Type.Enum(['auto', 'native', 'generic'], {
        default: defaults.mode,
        description: 'auto is native, or else generic with a warning',
      }),
    ),
    source: Type.Optional(
      Type.Object(
        {
          ipv4: Type.Optional(Source(4, '192.0.2.1')),
          ipv6: Type.Optional(Source(6, '2001:db8::1')),
        },
        {
          ...closed,
          default: {},
          description: "Where tunnels start; the route's source if absent",
        },
      ),
    ),
    listen: Type.Optional(
      Type.Array(Listen, { minItems: 1, default: defaults.listen, description: 'Of the API' }),
    ),
    capacity: Type.Optional(
      Type.Object(
        {
          vips: Count('vips', 2 ** 20, 'VIPs'),
          backends: Count('backends', 65535, 'Backends of all pools together'),
          tables: Count('tables', 65536, 'Tables of rows: one for each pool'),
          pins: Count('pins', 2 ** 24, 'Flows remembered while rows move'),
        },
        { ...closed, default: defaultCapacity, description: "Sizes of the kernel's tables" },
      ),
    ),
    store: Type.Optional(
      Text(storeFault, {
        default: defaults.store,
        description: 'file: and an absolute path, such as file:/var/lib/weir',
        examples: [defaults.store],
      }),
    ),
    pins: Type.Optional(
      Text(absoluteFault, {
        default: defaults.pins,
        description: 'an absolute path in a BPF file system, such as /sys/fs/bpf/weir',
        examples: [defaults.pins],
      }),
    ),
  },
  { ...closed, title: 'Node', description: 'What this host is: /etc/weir/node.yaml' },
)

export interface Node {
  readonly interfaces: readonly string[]
  readonly mode: 'auto' | 'native' | 'generic'
  /** 16 bytes each. */
  readonly source: { readonly ipv4?: Uint8Array; readonly ipv6?: Uint8Array }
  readonly listen: readonly Listen[]
  readonly capacity: Capacity
  /** The folder of the file store. */
  readonly store: string
  /** The folder of the kernel objects that outlive the daemon. */
  readonly pins: string
}

function nodeOf({
  source = {},
  listen = [...defaults.listen],
  ...input
}: Static<typeof NodeFile>): Node {
  const { store, ...rest } = { ...defaults, ...input }
  const { ipv4, ipv6 } = source
  return {
    ...rest,
    source: {
      ...(ipv4 && { ipv4: parseAddress(ipv4) }),
      ...(ipv6 && { ipv6: parseAddress(ipv6) }),
    },
    listen: listen.map(listenOf),
    capacity: { ...defaultCapacity, ...input.capacity },
    store: store.slice(FILE_STORE.length),
  }
}

const CODE = 'invalid-node-file'
const conformingNode = conforming(NodeFile, CODE)

/** Refuses with the line of each field that cannot be. `path` is for messages. */
export function parseNode(text: string, path: string): Node {
  const yaml = readYaml(text, path)
  try {
    return nodeOf(conformingNode(yaml.value))
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const lines = error.errors.map(
      ({ pointer, detail }) =>
        `${path}:${yaml.lineOf(pointer) ?? 1}: ${pointer || '/'}: ${detail}`,
    )
    throw new Refusal('invalid', CODE, lines.join('\n'), error.errors)
  }
}
