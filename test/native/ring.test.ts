import { spawnSync } from 'node:child_process'
import t from 'tap'
import { BpfObject, Ring } from '../../native/index.ts'
import { compileSample } from './compile.ts'
import { u32 } from './maps.ts'

const SAMPLE = compileSample()
const PACKET = Uint8Array.from({ length: 64 }, (_, i) => i)
/** As many as the ring holds while nobody reads. */
const BURST = 200
const DOOR = new URL('../../native/index.ts', import.meta.url).href

t.test('a ring hands over every record, in order, until it is closed', async t => {
  using object = await BpfObject.load(SAMPLE)
  using program = object.program('record')
  using records = object.map('records')
  const heard: Uint8Array[] = []
  let next = Promise.withResolvers<void>()
  using ring = new Ring(records, record => {
    if (heard.push(record) % BURST === 0) next.resolve()
  })
  const sent = Array.from({ length: 10 * BURST }, (_, i) => u32(i))
  for (const [i, bytes] of sent.entries()) {
    await program.run({ data: Uint8Array.of(...bytes, ...new Uint8Array(60)) })
    if ((i + 1) % BURST !== 0) continue
    await next.promise
    next = Promise.withResolvers()
  }
  t.same(heard, sent)

  ring.close()
  ring.close()
  await program.run({ data: PACKET })
  await new Promise(resolve => setTimeout(resolve, 50))
  t.equal(heard.length, sent.length)
})

t.test('a ring outlives the handle it was made from, and needs a ring', async t => {
  using object = await BpfObject.load(SAMPLE)
  const records = object.map('records')
  const { promise, resolve } = Promise.withResolvers<Uint8Array>()
  using _ring = new Ring(records, resolve)
  records.close()
  await object.program('record').run({ data: PACKET })
  t.same(await promise, PACKET.subarray(0, 4))
  t.throws(() => new Ring(object.map('numbers'), () => {}), { code: 'EINVAL' })
  t.throws(() => new Ring(records, () => {}), { code: 'EBADF' })
})

t.test('a process may end with rings and subscriptions open', async t => {
  const open = `
    import { makeMap } from '${new URL('maps.ts', import.meta.url).href}'
    import { NetlinkSocket, Ring } from '${DOOR}'
    const map = makeMap({ type: 27, keySize: 0, valueSize: 0, maxEntries: 4096 })
    new Ring(map, () => {})
    new NetlinkSocket([1], () => {})
  `
  for (const [end, status] of [
    ['process.exit(3)', 3],
    ['throw new Error()', 1],
  ] as const) {
    const script = ['--input-type=module', '--eval', open + end]
    t.equal(spawnSync(process.execPath, script, { timeout: 20_000 }).status, status)
  }
})
