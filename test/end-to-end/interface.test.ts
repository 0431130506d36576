import { existsSync, readdirSync } from 'node:fs'
import t from 'tap'
import { firstLine } from '../../api/lab/appliance.ts'
import { type NodeStatus, Served } from './served.ts'

const RECEIVER = `${import.meta.dirname}/../../api/lab/receiver.ts`

/** Two interfaces, with nobody at their other ends. */
function withInterfaces(): Served {
  const served = new Served()
  served.namespace.ip(
    'link add eth0 up type veth peer other0',
    'link add eth1 up type veth peer other1',
  )
  return served
}

async function attachmentsOf(served: Served, node: object) {
  const daemon = await served.start(node)
  return daemon.get<NodeStatus>('/v1/node')
}

t.test("somebody else's program is left alone, and nothing of ours is left", async t => {
  await using served = withInterfaces()
  const foreign = served.namespace.start(process.execPath, RECEIVER, 'eth0')
  await firstLine(foreign, 'the foreign program')
  const before = served.programOn('eth0')

  for (const mode of ['auto', 'generic']) {
    const [code, said] = await served.refusal({ interfaces: ['eth1', 'eth0'], mode })
    t.equal(code, 1)
    t.match(
      said,
      /^weir: eth0 has an XDP program that is not ours; .*: ip link set dev eth0 xdp off$/m,
    )
    t.same(served.programOn('eth0'), before)
    t.equal(served.programOn('eth1'), undefined)
    t.notOk(existsSync(served.place.pins), 'no pins')
    t.notOk(existsSync(`${served.place.directory}/store/lock`), 'no lock')
    t.notOk(existsSync(served.place.socket), 'no socket')
  }
})

t.test('an interface that does not exist is refused by its name', async t => {
  await using served = withInterfaces()
  const [code, said] = await served.refusal({ interfaces: ['eth7'] })
  t.equal(code, 1)
  t.match(said, /^weir: interfaces: eth7 is none of this host's, which are lo, .*eth0/m)
  t.notOk(existsSync(served.place.pins))
})

t.test('a start that is refused leaves what served before it', async t => {
  await using served = withInterfaces()
  const { program } = await attachmentsOf(served, {})
  const [code] = await served.refusal({ interfaces: ['eth0', 'eth7'] })
  t.equal(code, 1)
  t.match(served.programOn('eth0'), { mode: 'native', id: program.id })
  t.match(await attachmentsOf(served, {}), { program: { id: program.id, adopted: true } })
})

t.test('an interface that is no longer in the node file loses the program', async t => {
  await using served = withInterfaces()
  const { program } = await attachmentsOf(served, { interfaces: ['eth0', 'eth1'] })
  t.match(served.programOn('eth1'), { id: program.id })

  const after = await attachmentsOf(served, { interfaces: ['eth0'] })
  t.match(after.program, { id: program.id, adopted: true })
  t.match(served.programOn('eth0'), { id: program.id })
  t.equal(served.programOn('eth1'), undefined)
  t.same(
    readdirSync(served.place.pins).filter(name => name.startsWith('link-')),
    ['link-eth0-native'],
  )
})

t.test('an interface may be named like a VLAN', async t => {
  await using served = withInterfaces()
  served.namespace.ip('link set eth1 name eth0.100')
  await attachmentsOf(served, { interfaces: ['eth0.100'] })
  t.match(served.programOn('eth0.100'), { mode: 'native' })
  await attachmentsOf(served, { interfaces: ['eth0'] })
  t.equal(served.programOn('eth0.100'), undefined)
})
