import t from 'tap'
import { type NodeStatus, Served } from './served.ts'

/** eth0 has native XDP; macvlan interfaces have not. */
function withMacvlan(): Served {
  const served = new Served()
  served.namespace.ip(
    'link add eth0 up type veth peer other0',
    'link add link eth0 name mac0 up type macvlan',
  )
  return served
}

function isMerging(served: Served, name: string): boolean {
  const features = served.namespace.run('ethtool', '--show-features', name)
  return /^generic-receive-offload: on/m.test(features)
}

async function start(served: Served, node: object): Promise<NodeStatus> {
  const daemon = await served.start(node)
  return daemon.get<NodeStatus>('/v1/node')
}

t.test('generic mode merges no packets', async t => {
  await using served = withMacvlan()
  served.namespace.run('ethtool', '--features', 'eth0', 'gro', 'on')
  const { interfaces } = await start(served, { mode: 'generic' })
  t.match(interfaces, [{ interface: 'eth0', mode: 'generic' }])
  t.notOk(interfaces[0]?.warning)
  t.match(served.programOn('eth0'), { mode: 'generic' })
  t.notOk(isMerging(served, 'eth0'))
})

t.test('auto is native where the driver has that', async t => {
  await using served = withMacvlan()
  const { interfaces } = await start(served, { mode: 'auto' })
  t.match(interfaces, [{ interface: 'eth0', mode: 'native' }])
  t.notOk(interfaces[0]?.warning)
})

t.test('auto is generic elsewhere, and says why; and so again after a restart', async t => {
  await using served = withMacvlan()
  const node = { interfaces: ['mac0'], mode: 'auto' }
  const first = await start(served, node)
  t.match(first.interfaces, [
    { interface: 'mac0', mode: 'generic', warning: /^native XDP is not to be had on mac0: / },
  ])
  t.notOk(isMerging(served, 'mac0'))

  const second = await start(served, node)
  t.match(second.interfaces, [
    { mode: 'generic', warning: /^the program was on mac0 in generic/ },
  ])
  t.match(second.program, { id: first.program.id, adopted: true })
})

t.test('native is refused where the driver has it not, and what served goes on', async t => {
  await using served = withMacvlan()
  const node = { interfaces: ['mac0'], mode: 'native' }
  const [code, said] = await served.refusal(node)
  t.equal(code, 1)
  t.match(said, /^weir: attach native to interface \d+: /m)

  const { program } = await start(served, { ...node, mode: 'generic' })
  t.equal((await served.refusal(node))[0], 1)
  t.match(served.programOn('mac0'), { mode: 'generic', id: program.id })
})

t.test('the mode can be changed', async t => {
  await using served = withMacvlan()
  for (const mode of ['native', 'generic', 'native']) {
    const { interfaces } = await start(served, { mode })
    t.match(interfaces, [{ mode }])
    t.match(served.programOn('eth0'), { mode })
  }
})

t.test('an interface that takes no redirected packets is spoken of', async t => {
  await using served = withMacvlan()
  served.namespace.ip(
    'link set other0 up',
    'address add 192.0.2.1/24 dev mac0',
    'neighbour add 192.0.2.7 lladdr 02:00:00:00:00:07 dev mac0 nud permanent',
  )
  const daemon = await served.start()
  const backends = { b1: { address: '192.0.2.7' } }
  await daemon.put('/v1/pools/web', { encapsulation: { type: 'gre' }, backends })
  t.match(served.place.logTail(), /"event":"egress-without-xdp".*attach native to interface/)
})
