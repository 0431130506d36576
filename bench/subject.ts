/** The program that is measured, as a node would have loaded it, with a pool of 100 backends. */
import { readFileSync } from 'node:fs'
import { isIpv4, parseAddress } from '../lb/address.ts'
import { buildHeader, noHeader } from '../lb/header/build.ts'
import { buildRows } from '../lb/rows.ts'
import { BpfMap, BpfObject, type Program } from '../native/index.ts'
import * as layout from '../xdp/layout.ts'
import { NODE_MAC, ROUTER_MAC } from './frames.ts'
import { type Scenario, VIP_IPV4, VIP_IPV6 } from './scenario.ts'

const builtProgram = `${import.meta.dirname}/../native/build/xdp/weir.bpf.o`

const ROWS = 65536
const BACKENDS = 100
const TABLE = 1
const VIP = 1
const MTU = 1500
const SEED = new Uint8Array(32)

const BPF_MAP_TYPE_ARRAY = 2
const BPF_F_MMAPABLE = 1 << 10
const BPF_F_INNER_MAP = 1 << 12

const NODE_IPV4 = parseAddress('192.0.2.1')
const NODE_IPV6 = parseAddress('2001:db8:2::1')

const MAX_ENTRIES = {
  addresses: 16384,
  vips: 16384,
  tables: 1024,
  backends: 16384,
  vip_traffic: 1024,
  backend_traffic: 16384,
}

const u32 = (value: number) => new Uint8Array(Uint32Array.of(value).buffer)

export class Subject implements Disposable {
  readonly program: Program
  /** Of a frame in which it leaves by the tunnel. */
  readonly growth: number
  readonly #verdicts: BpfMap
  readonly #object: BpfObject

  private constructor(object: BpfObject, growth: number) {
    this.#object = object
    this.program = object.program('load_balance')
    this.#verdicts = object.map('verdicts')
    this.growth = growth
  }

  /** `egress` is the interface that packets arrive by, for they leave by the same. */
  static async load(scenario: Scenario, egress: number, elf = builtProgram): Promise<Subject> {
    const object = await BpfObject.load(readFileSync(elf), { maxEntries: MAX_ENTRIES })
    fillVip(object, scenario)
    fillRows(object)
    const length = fillBackends(object, scenario, egress)
    object.map('node').set(u32(0), layout.node.pack({ source: [NODE_IPV4, NODE_IPV6] }))
    return new Subject(object, scenario.verdict.startsWith('pass') ? 0 : length)
  }

  /** Packets by verdict, all that there ever were. */
  verdicts(): ReadonlyMap<layout.Verdict, number> {
    const counted = layout.verdicts.map(({ name }, index): [layout.Verdict, number] => {
      const perCpu = this.#verdicts.get(u32(index)) ?? new Uint8Array()
      const counts = new BigUint64Array(perCpu.buffer)
      return [name, Number(counts.reduce((sum, count) => sum + count, 0n))]
    })
    return new Map(counted.filter(([, packets]) => packets > 0))
  }

  [Symbol.dispose](): void {
    this.program.close()
    this.#verdicts.close()
    this.#object.close()
  }
}

function fillVip(object: BpfObject, { client, transport, port, listens }: Scenario): void {
  const address = isIpv4(client) ? VIP_IPV4 : VIP_IPV6
  const protocol = port === 0 ? 0 : transport.protocol
  object.map('addresses').set(address, layout.addressRecord.pack({ listens, flags: 0 }))
  object.map('vips').set(
    layout.vipKey.pack({ address, port, protocol }),
    layout.vip.pack({
      index: VIP,
      table: TABLE,
      rowMask: ROWS - 1,
      firstPort: port,
      lastPort: port,
      hash: layout.HASH_5_TUPLE,
    }),
  )
}

function fillRows(object: BpfObject): void {
  using map = BpfMap.create({
    type: BPF_MAP_TYPE_ARRAY,
    keySize: 4,
    valueSize: layout.row.size,
    maxEntries: ROWS,
    flags: BPF_F_MMAPABLE | BPF_F_INNER_MAP,
  })
  const shares = Array.from({ length: BACKENDS }, (_, at) => ({
    id: `backend-${at}`,
    index: at + 1,
    weight: 1,
  }))
  const memory = map.memory()
  for (const [at, now] of buildRows(shares, SEED, ROWS).entries())
    memory.set(layout.row.pack({ now, was: 0, flags: 0, stray: 0 }), at * layout.row.size)
  object.map('tables').setMap(u32(TABLE), map)
}

/** Returns how much longer a frame gets. */
function fillBackends(object: BpfObject, scenario: Scenario, egress: number): number {
  const overIpv4 = scenario.backends === 'ipv4'
  const ETHERNET_LENGTH = 14
  let length = 0
  for (let index = 1; index <= BACKENDS; index++) {
    const text = overIpv4 ? `192.0.2.${100 + index}` : `2001:db8:2::${index}`
    const header = buildHeader(scenario.tunnel, {
      egress,
      mtu: MTU,
      sourceMac: NODE_MAC,
      nextHopMac: ROUTER_MAC,
      source: overIpv4 ? NODE_IPV4 : NODE_IPV6,
      destination: parseAddress(text),
    })
    const record = {
      headers: [header, noHeader],
      selected: 0,
      flags: 0,
      generation: 1,
    } as const
    object.map('backends').set(u32(index), layout.backend.pack(record))
    length = header.length - ETHERNET_LENGTH
  }
  return length
}
