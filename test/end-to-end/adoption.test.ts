import { existsSync, rmSync } from 'node:fs'
import t, { type Test } from 'tap'
import type { Path } from '../../lb/header/build.ts'
import { emptyIntent, parseIntent } from '../../lb/intent.ts'
import { indicesOf } from '../../lb/kernel/dataplane.ts'
import { indexKey } from '../../lb/kernel/key.ts'
import { Pins } from '../../lb/kernel/pins.ts'
import { BpfMap } from '../../native/index.ts'
import { isolated } from '../namespace.ts'
import { Bare, intentOf } from './bare.ts'

const TABLE = 1
const VIP = 1
const intent = parseIntent(intentOf(3))

const inside = await isolated(t, import.meta.filename, inside =>
  inside.ip('link add eth0 up type veth peer eth1', 'link set eth1 up'),
)

const pathBy = (egress: number): Path => ({
  egress,
  mtu: 1500,
  sourceMac: new Uint8Array(6).fill(2),
  nextHopMac: new Uint8Array(6).fill(4),
  source: new Uint8Array(16).fill(0x20),
  destination: new Uint8Array(16).fill(0x22),
})

if (inside) {
  const directory = `/sys/fs/bpf/weir-test-${process.pid}`
  const pins = new Pins(directory)
  const egress = (await indicesOf(['eth1'])).get('eth1') ?? 0

  /** A data plane at work, whose daemon is gone. */
  const leave = async (t: Test) => {
    t.teardown(() => rmSync(directory, { recursive: true }))
    using bare = await Bare.open('eth0', directory)
    await bare.change(intent, pathBy(egress))
    await bare.dataPlane.attach('native')
  }

  t.test('what is there and right is not written again', async t => {
    await leave(t)
    using bare = await Bare.open('eth0', directory)
    t.equal(await bare.change(intent, pathBy(egress)), 0)
  })

  t.test('rows that the program was not shown yet are made anew', async t => {
    await leave(t)
    using tables = BpfMap.open(pins.map('tables'))
    tables.delete(indexKey(TABLE))

    using bare = await Bare.open('eth0', directory)
    t.same(bare.dataPlane.read().rows, new Map())
    await bare.change(intent, pathBy(egress))
    t.ok(tables.get(indexKey(TABLE)))
  })

  t.test('counters go on with what they count, and another VIP counts from zero', async t => {
    await leave(t)
    using counters = BpfMap.open(pins.map('vip_traffic'))
    const counted = counters.get(indexKey(VIP))?.fill(1) ?? new Uint8Array()
    counters.set(indexKey(VIP), counted)

    using bare = await Bare.open('eth0', directory)
    await bare.change(intent, pathBy(egress))
    t.same(counters.get(indexKey(VIP)), counted)
    await bare.change(emptyIntent, pathBy(egress))
    await bare.change(intent, pathBy(egress))
    t.same(counters.get(indexKey(VIP)), counted.fill(0))
  })

  t.test('an interface that was half left is left', async t => {
    await leave(t)
    t.ok(existsSync(pins.egress(egress)))
    using devices = BpfMap.open(pins.map('egress'))
    devices.delete(indexKey(egress))

    using bare = await Bare.open('eth0', directory)
    await bare.dataPlane.attach('native')
    t.notOk(existsSync(pins.egress(egress)))
  })
}
