import { unlinkSync } from 'node:fs'
import t from 'tap'
import { BpfObject, XdpLink } from '../../native/index.ts'
import { Routing } from '../../native/rtnetlink.ts'
import { isolated } from '../namespace.ts'
import { compileSample } from './compile.ts'
import { u32 } from './maps.ts'

const SAMPLE = compileSample()
const LIVE_FRAMES = 2
const XDP_DROP = 1
const XDP_TX = 3
const NO_INTERFACE = 4000

const inside = await isolated(t, import.meta.filename, inside =>
  inside.ip('link add e0 type veth peer e1', 'link set e0 up', 'link set e1 up'),
)

async function indexOf(name: string): Promise<number> {
  using routing = new Routing()
  const link = (await routing.links()).find(link => link.name === name)
  if (!link) throw new Error(`no interface ${name}`)
  return link.index
}

/** The sample's `reply` that answers so, and counts. */
const answering = (answer: number) =>
  BpfObject.load(SAMPLE, { constants: { answer: u32(answer) } })

if (inside) {
  t.test('a link tells what it attaches to what, and goes with its last handle', async t => {
    using object = await answering(XDP_DROP)
    using program = object.program('reply')
    const ifindex = await indexOf('e0')
    for (const mode of ['native', 'generic'] as const) {
      const link = XdpLink.attach(program, ifindex, mode)
      t.same(link.shape, { id: link.shape.id, programId: program.shape.id, ifindex })
      t.throws(() => XdpLink.attach(program, ifindex, mode), {
        code: 'EBUSY',
        message: `attach ${mode} to interface ${ifindex}: Device or resource busy`,
      })
      link.close()
      link.close()
      t.throws(() => link.shape, { code: 'EBADF' })
    }
    t.throws(() => XdpLink.attach(program, NO_INTERFACE, 'native'), { code: 'EINVAL' })
  })

  t.test('live frames go through the program of the interface they are sent to', async t => {
    using sender = await answering(XDP_TX)
    using receiver = await answering(XDP_DROP)
    using transmit = sender.program('reply')
    using drop = receiver.program('reply')
    using _in = XdpLink.attach(transmit, await indexOf('e0'), 'native')
    using _out = XdpLink.attach(drop, await indexOf('e1'), 'native')

    const context = new Uint8Array(24)
    context.set(u32(64), 4)
    context.set(u32(await indexOf('e0')), 12)
    const run = { data: new Uint8Array(64), context, flags: LIVE_FRAMES }
    t.same((await transmit.run({ ...run, repeat: 1000, batchSize: 32 })).data, new Uint8Array())
    await received(receiver, 1000)
    t.pass('all of them')
  })

  t.test('an update replaces the program, and a pin keeps the link', async t => {
    using before = await answering(XDP_DROP)
    using after = await answering(XDP_DROP)
    const ifindex = await indexOf('e0')
    const path = `/sys/fs/bpf/weir-test-${process.pid}-link`
    const link = XdpLink.attach(before.program('reply'), ifindex, 'native')
    link.pin(path)
    t.teardown(() => unlinkSync(path))
    link.close()

    using again = XdpLink.open(path)
    again.update(after.program('reply'))
    t.equal(again.shape.programId, after.program('reply').shape.id)

    again.detach()
    t.equal(again.shape.ifindex, 0)
    t.throws(() => again.update(before.program('reply')), { message: /^update XdpLink: / })
  })

  t.test('a pin of something else is no link', async t => {
    using object = await answering(XDP_DROP)
    using numbers = object.map('numbers')
    const path = `/sys/fs/bpf/weir-test-${process.pid}-map`
    numbers.pin(path)
    t.teardown(() => unlinkSync(path))
    t.throws(() => XdpLink.open(path), { code: 'EINVAL', message: /bpf-map is no bpf-link$/ })
  })
}

async function received(object: BpfObject, packets: number): Promise<void> {
  using runs = object.map('runs')
  const count = () =>
    new Uint32Array((runs.get(u32(0)) ?? u32()).buffer).reduce((a, b) => a + b, 0)
  while (count() < packets) await new Promise(resolve => setTimeout(resolve, 5))
}
