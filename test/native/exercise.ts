/** Everything that the native door does, again and again: native/leak.mjs looks what is left. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import {
  BpfMap,
  BpfObject,
  gracePeriod,
  NetlinkSocket,
  Ring,
  XdpLink,
} from '../../native/index.ts'
import { Routing } from '../../native/rtnetlink.ts'
import { compileSample } from './compile.ts'
import {
  ARRAY,
  ARRAY_OF_MAPS,
  DEVMAP_HASH,
  HASH,
  INNER_MAP,
  MMAPABLE,
  makeMap,
  u32,
  u64,
} from './maps.ts'

// The sanitizer is for this process, not for those that it starts.
delete process.env['LD_PRELOAD']

if (!process.env['WEIR_TEST_ISOLATED']) {
  throw new Error('makes interfaces: native/leak.mjs runs it in a network namespace of its own')
}

const ROUNDS = 30
const LOOPBACK = 1
const SAMPLE = compileSample()
const PACKET = new Uint8Array(64)

async function expectRefusal(attempt: () => unknown): Promise<void> {
  try {
    await attempt()
  } catch {
    return
  }
  throw new Error(`not refused: ${attempt}`)
}

async function objects(): Promise<void> {
  using object = await BpfObject.load(SAMPLE, {
    constants: { answer: u32(3) },
    maxEntries: { numbers: 100 },
  })
  using numbers = object.map('numbers')
  using again = await BpfObject.load(SAMPLE, {
    maxEntries: { numbers: 100 },
    reuse: { numbers },
    skip: ['touch'],
  })
  using program = again.program('reply')
  await Promise.all([program.run({ data: PACKET }), program.run({ data: PACKET, repeat: 100 })])
  program.shape.tag.at(0)
  await expectRefusal(() => BpfObject.load(SAMPLE, { constants: { none: u32(1) } }))
  await expectRefusal(() => BpfObject.load(PACKET))
  await expectRefusal(() => BpfObject.load(SAMPLE, { maxEntries: { numbers: 0 } }))
  await expectRefusal(() => program.run({ data: PACKET, batchSize: 1 }))
  await expectRefusal(() => program.pin('/no/such/folder'))
}

async function maps(): Promise<void> {
  const keys = u32(...Array(1000).keys())
  const values = u64(...Array(1000).keys())
  for (const type of [HASH, ARRAY]) {
    using map = makeMap({ type, maxEntries: 1000 })
    map.setBatch(keys, values)
    if ([...map.entries()].length !== 1000) throw new Error('entries are missing')
    map.clear()
    await expectRefusal(() => map.set(PACKET, PACKET))
    await expectRefusal(() => map.memory())
  }
  using devices = makeMap({ type: DEVMAP_HASH, valueSize: 4 })
  devices.setBatch(u32(1), u32(LOOPBACK))
  devices.clear()
  using mapped = makeMap({ type: ARRAY, flags: MMAPABLE })
  mapped.memory().fill(1)
  await expectRefusal(() => BpfMap.open('/sys/fs/bpf/weir-test-none'))
  await expectRefusal(() => makeMap({ maxEntries: 0 }))
}

async function nested(): Promise<void> {
  using inner = makeMap({ type: ARRAY, flags: INNER_MAP })
  using outer = makeMap({ type: ARRAY_OF_MAPS, valueSize: 4, inner })
  await outer.setMaps([[u32(0), inner]])
  outer.setMap(u32(1), inner)
  await expectRefusal(() => outer.setMap(u32(1), outer))
}

async function rings(): Promise<void> {
  using object = await BpfObject.load(SAMPLE)
  using records = object.map('records')
  using program = object.program('record')
  const { promise, resolve } = Promise.withResolvers<Uint8Array>()
  using _ring = new Ring(records, resolve)
  await program.run({ data: PACKET })
  await promise
  // Still waiting when the ring is closed.
  await program.run({ data: PACKET, repeat: 100 })
}

async function network(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  using routing = new Routing(() => resolve())
  execFileSync('ip', ['link', 'add', 'e0', 'type', 'veth', 'peer', 'e1'])
  await promise
  const links = await routing.links()
  const index = links.find(({ name }) => name === 'e0')?.index ?? 0

  using object = await BpfObject.load(SAMPLE)
  using program = object.program('reply')
  using link = XdpLink.attach(program, index, 'native')
  link.update(program)
  link.shape.id.toFixed()
  await expectRefusal(() => XdpLink.attach(program, index, 'native'))
  link.detach()
  execFileSync('ip', ['link', 'delete', 'e0'])

  await Promise.all([routing.addresses(), routing.neighbours(), gracePeriod()])
  using socket = new NetlinkSocket([])
  await expectRefusal(() => socket.request(new Uint8Array(16)))
  await expectRefusal(() => new NetlinkSocket([9999], () => {}))
}

/** Descriptors and memory of kernel objects that the process holds. */
function held(): number {
  const descriptors = readdirSync('/proc/self/fd').length
  const mappings = readFileSync('/proc/self/maps', 'utf8').split('anon_inode:bpf').length
  return descriptors + mappings
}

async function round(): Promise<void> {
  await objects()
  await maps()
  await nested()
  await rings()
  await network()
  // Finalizers run in turns of their own.
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.()
    await turn()
  }
}

await round()
const before = held()
for (let i = 0; i < ROUNDS; i++) await round()
if (held() > before) throw new Error(`${before} kernel objects held at first, ${held()} now`)
