/** Fills the program's tables with a few listeners and backends. */
import { parseAddress } from '../../lb/address.ts'
import { noHeader } from '../../lb/header/build.ts'
import { BpfMap, type BpfObject } from '../../native/index.ts'
import {
  ADDRESS_LOCAL,
  addressRecord,
  backend as backendRecord,
  HASH_5_TUPLE,
  type Header,
  LISTENS_ANY,
  LISTENS_PORT,
  LISTENS_PROTOCOL,
  node as nodeRecord,
  row,
  vipKey,
  vip as vipRecord,
} from '../../xdp/layout.ts'

const BPF_MAP_TYPE_ARRAY = 2
const BPF_F_MMAPABLE = 1 << 10
const BPF_F_INNER_MAP = 1 << 12
const TABLE = 1
const LOOPBACK = 1

export interface Listener {
  readonly address: string
  /** Without one: any port. */
  readonly port?: number
  /** Without one: any protocol. */
  readonly protocol?: number
  /** Of an any-port listener. */
  readonly range?: readonly [first: number, last: number]
  readonly hash?: number
}

/** VIPs and backends are numbered from 1 in the order in which they stand here. */
export interface Setup {
  readonly listeners: readonly Listener[]
  readonly headers: readonly Header[]
  /** The backend of each row, a power of two of them; without it, all rows have the first. */
  readonly rows?: readonly number[]
  /** Which of a backend's two headers is in use; the other one is empty. */
  readonly selected?: 0 | 1
  /** Addresses that the host itself has too. */
  readonly local?: readonly string[]
  /** The node's own addresses, which tunnels come from. */
  readonly sources?: readonly [ipv4: string, ipv6: string]
  /** Interfaces that take redirected packets. */
  readonly egress?: readonly number[]
  /** Two odd 64-bit numbers. */
  readonly hashKey?: Uint8Array
}

export const indexKey = (index: number) => new Uint8Array(Uint32Array.of(index).buffer)

export const sizesOf = ({ listeners, headers }: Setup) => ({
  addresses: 16,
  vips: 64,
  tables: TABLE + 1,
  backends: headers.length + 1,
  vip_traffic: listeners.length + 1,
  backend_traffic: headers.length + 1,
})

const kindOf = ({ port, protocol }: Listener) =>
  port ? LISTENS_PORT : protocol ? LISTENS_PROTOCOL : LISTENS_ANY

function writeListeners(vips: BpfMap, { listeners, rows = [1] }: Setup): void {
  for (const [at, listener] of listeners.entries()) {
    const { address, port = 0, protocol = 0, hash = HASH_5_TUPLE } = listener
    const [firstPort, lastPort] = listener.range ?? (port ? [port, port] : [0, 65535])
    const value = { index: at + 1, table: TABLE, rowMask: rows.length - 1, firstPort, lastPort }
    vips.set(
      vipKey.pack({ address: parseAddress(address), port, protocol }),
      vipRecord.pack({ ...value, hash }),
    )
  }
}

function writeAddresses(addresses: BpfMap, { listeners, local = [] }: Setup): void {
  for (const address of new Set([...listeners.map(({ address }) => address), ...local])) {
    const listens = listeners
      .filter(listener => listener.address === address)
      .reduce((kinds, listener) => kinds | kindOf(listener), 0)
    const flags = local.includes(address) ? ADDRESS_LOCAL : 0
    addresses.set(parseAddress(address), addressRecord.pack({ listens, flags }))
  }
}

function writeBackends(backends: BpfMap, { headers, selected = 0 }: Setup): void {
  for (const [at, header] of headers.entries()) {
    const both = selected ? ([noHeader, header] as const) : ([header, noHeader] as const)
    const value = { headers: both, selected, flags: 0, generation: 1 }
    backends.set(indexKey(at + 1), backendRecord.pack(value))
  }
}

function writeRows(tables: BpfMap, { rows = [1] }: Setup): void {
  using table = BpfMap.create({
    type: BPF_MAP_TYPE_ARRAY,
    keySize: 4,
    valueSize: row.size,
    maxEntries: rows.length,
    flags: BPF_F_MMAPABLE | BPF_F_INNER_MAP,
  })
  for (const [at, now] of rows.entries())
    table.set(indexKey(at), row.pack({ now, was: 0, flags: 0, stray: 0 }))
  tables.setMap(indexKey(TABLE), table)
}

export function setUp(object: BpfObject, setup: Setup): void {
  writeListeners(object.map('vips'), setup)
  writeAddresses(object.map('addresses'), setup)
  writeBackends(object.map('backends'), setup)
  writeRows(object.map('tables'), setup)
  if (setup.sources) {
    const [ipv4, ipv6] = setup.sources
    const value = nodeRecord.pack({ source: [parseAddress(ipv4), parseAddress(ipv6)] })
    object.map('node').set(indexKey(0), value)
  }
  // A test run ends with the verdict and sends nothing, so that any device will do.
  for (const index of setup.egress ?? [])
    object.map('egress').set(indexKey(index), indexKey(LOOPBACK))
}
