import { readFileSync, unlinkSync } from 'node:fs'
import t from 'tap'
import { BpfObject, gracePeriod, Program } from '../../native/index.ts'
import { compileSample } from './compile.ts'
import { makeMap, PROGRAM_ARRAY, u32 } from './maps.ts'

const SAMPLE = compileSample()
const WEIR = readFileSync(`${import.meta.dirname}/../../native/build/xdp/weir.bpf.o`)
const XDP_PASS = 2
const XDP_TX = 3
const PACKET = Uint8Array.from({ length: 64 }, (_, i) => i)

t.test('the load balancer passes what is for no VIP, byte for byte', async t => {
  using object = await BpfObject.load(WEIR)
  using program = object.program('load_balance')
  const { returned, data } = await program.run({ data: PACKET })
  t.equal(returned, XDP_PASS)
  t.same(data, PACKET)
})

t.test('a program tells what the verifier and the compiler made of it', async t => {
  using object = await BpfObject.load(SAMPLE)
  using program = object.program('reply')
  const { id, tag, verifiedInstructions, jitedBytes, xlatedBytes, ...rest } = program.shape
  t.same(rest, { name: 'reply', runTimeNs: 0n, runCount: 0n })
  t.match(tag, /^[0-9a-f]{16}$/)
  for (const number of [id, verifiedInstructions, jitedBytes, xlatedBytes]) t.ok(number > 0)
})

t.test('a test run returns the packet as the program left it', async t => {
  using object = await BpfObject.load(SAMPLE)
  using program = object.program('record')
  const { returned, data, durationNs } = await program.run({ data: PACKET })
  t.equal(returned, XDP_TX)
  t.same(data.subarray(4), PACKET)
  t.ok(durationNs >= 0)
})

t.test('runs at the same time, and a close meanwhile, do not disturb each other', async t => {
  using object = await BpfObject.load(SAMPLE, { constants: { answer: u32(9) } })
  const program = object.program('reply')
  const runs = Array.from({ length: 20 }, () => program.run({ data: PACKET, repeat: 1000 }))
  program.close()
  for (const { returned } of await Promise.all(runs)) t.equal(returned, 9)
})

t.test('what the kernel will not run is refused', async t => {
  using object = await BpfObject.load(SAMPLE)
  using program = object.program('reply')
  const refused = { code: 'EINVAL', message: /^run a packet: / }
  await t.rejects(program.run({ data: new Uint8Array(3) }), refused)
  await t.rejects(program.run({ data: PACKET, batchSize: 8 }), refused)
  t.throws(() => program.run({ data: 'text' as unknown as Uint8Array }), TypeError)
})

t.test('a pinned program is found again', async t => {
  using object = await BpfObject.load(SAMPLE)
  using program = object.program('reply')
  const path = `/sys/fs/bpf/weir-test-${process.pid}-reply`
  program.pin(path)
  t.teardown(() => unlinkSync(path))
  using again = Program.open(path)
  t.equal(again.shape.id, program.shape.id)
  t.throws(() => Program.open('/sys/fs/bpf/weir-test-none'), { code: 'ENOENT' })
})

t.test('a closed program refuses everything', async t => {
  using object = await BpfObject.load(SAMPLE)
  const program = object.program('reply')
  program.close()
  program.close()
  const closed = { code: 'EBADF', message: 'use closed Program: Bad file descriptor' }
  t.throws(() => program.shape, closed)
  t.throws(() => program.run({ data: PACKET }), closed)
})

t.test('a program is put where another can jump to it', async t => {
  using object = await BpfObject.load(SAMPLE)
  using jumps = makeMap({ type: PROGRAM_ARRAY, valueSize: 4, maxEntries: 2 })
  using reply = object.program('reply')
  jumps.setProgram(u32(1), reply)
  t.same(jumps.get(u32(1)), u32(reply.shape.id))
  t.equal(jumps.delete(u32(1)), true)
  using numbers = object.map('numbers')
  t.throws(() => numbers.setProgram(u32(1), numbers as unknown as Program), TypeError)
})

t.test('a grace period passes', async t => {
  await t.resolves(Promise.all([gracePeriod(), gracePeriod()]))
})
