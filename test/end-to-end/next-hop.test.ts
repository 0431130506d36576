import { readdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import type { BackendStatus, VipStatus } from '../../lb/status.ts'
import type { NodeStatus } from './served.ts'
import { FAMILIES, macOf, Uplinks } from './uplinks.ts'

const POLL_MS = 20
const NEW_MAC = '02:00:00:00:00:aa'
const OTHER_MACS = ['02:00:00:00:00:b0', '02:00:00:00:00:b1'] as const
/** On the link, and nobody yet. */
const LATECOMER = '192.0.2.20'

type All<T> = Readonly<Record<string, T>>
interface Pool {
  readonly backends: All<{ readonly status: BackendStatus }>
}

const poolOf = (address: string) => ({
  encapsulation: { type: 'gre' },
  rows: 256,
  backends: { far: { address } },
})
const vipOf = (address: string, pool: string) => ({
  addresses: [address],
  listeners: [{ protocol: 'udp', port: 4000 }],
  pool,
})
const intent = {
  pools: Object.fromEntries(FAMILIES.map(({ name, backend }) => [name, poolOf(backend)])),
  vips: Object.fromEntries(FAMILIES.map(({ name, vip }) => [name, vipOf(vip, name)])),
}

const uplinks = new Uplinks()
t.teardown(() => uplinks[Symbol.asyncDispose]())
const { served } = uplinks
let daemon = await served.start({ interfaces: ['eth0', 'eth1'] })
await daemon.put('/v1/config', intent)
uplinks.send(100)

async function backends(): Promise<BackendStatus[]> {
  const pools = await daemon.get<All<Pool>>('/v1/pools')
  return Object.values(pools).flatMap(pool =>
    Object.values(pool.backends).map(({ status }) => status),
  )
}

async function verdict(name: string): Promise<number> {
  return (await daemon.get<{ verdicts: All<number> }>('/v1/stats')).verdicts[name] ?? 0
}

/** Until all backends are so; a test that waits in vain ends by its timeout. */
async function until(condition: (status: BackendStatus) => boolean): Promise<void> {
  while (!(await backends()).every(condition)) await pause(POLL_MS)
}

async function untilMore(name: string): Promise<void> {
  const before = await verdict(name)
  while ((await verdict(name)) === before) await pause(POLL_MS)
}

async function followed(mac: string): Promise<void> {
  await until(({ nextHop }) => nextHop?.mac === mac)
  uplinks.seePacketsTo(mac)
}

t.test('packets leave by another interface than they came in', async t => {
  await followed(macOf(uplinks.a, 'eth0'))
  t.match(
    await backends(),
    FAMILIES.map(() => ({ health: 'up', nextHop: { interface: 'eth1' } })),
  )
})

t.test(
  'an interface that they leave by needs no program but one that does nothing',
  async t => {
    daemon = await served.start({ interfaces: ['eth0'] })
    const { program } = await daemon.get<NodeStatus>('/v1/node')
    const onUplink = served.programOn('eth1')
    t.match(onUplink, { mode: 'native' })
    t.not(onUplink?.id, program.id)
    await followed(macOf(uplinks.a, 'eth0'))
  },
)

t.test('a next hop that has another MAC is followed', async () => {
  uplinks.a.ip(`link set eth0 address ${NEW_MAC}`)
  uplinks.nudgeKernel()
  await followed(NEW_MAC)
})

t.test('a route that leads to another next hop is followed', async () => {
  uplinks.routeBy('b')
  await followed(macOf(uplinks.b, 'eth0'))
})

t.test(
  'a next hop that falls silent keeps its packets, after a restart too, and that is said',
  async t => {
    const mac = macOf(uplinks.b, 'eth0')
    uplinks.b.ip('link set eth0 down')
    uplinks.nudgeKernel()
    while (!served.place.logTail().includes('next-hop-lost')) await pause(POLL_MS)
    t.match(
      await backends(),
      FAMILIES.map(() => ({ health: 'up', nextHop: { mac } })),
    )
    uplinks.seePacketsTo(mac)

    await served.kill()
    daemon = await served.start({ interfaces: ['eth0'] })
    t.match(
      await backends(),
      FAMILIES.map(() => ({ health: 'up', nextHop: { mac } })),
    )
    uplinks.seePacketsTo(mac)

    uplinks.b.ip('link set eth0 up', 'address replace 2001:db8:2::b/64 dev eth0')
    uplinks.nudgeKernel()
    while (!served.place.logTail().includes('next-hop-back')) await pause(POLL_MS)
  },
)

t.test('a next hop that the kernel was made to forget is asked for again', async () => {
  uplinks.b.ip(`link set eth0 address ${OTHER_MACS[0]}`)
  served.namespace.ip('neighbour flush dev eth1')
  await followed(OTHER_MACS[0])
})

t.test('after its link was down for a while a next hop is followed again', async () => {
  uplinks.b.ip(`link set eth0 address ${OTHER_MACS[1]}`)
  await uplinks.flap('b')
  await followed(OTHER_MACS[1])
})

t.test('packets that no longer fit the link are dropped and counted', async t => {
  uplinks.send(1400)
  t.equal(await verdict('drop_too_big'), 0)
  uplinks.served.namespace.ip('link set eth1 mtu 1400')
  await until(({ nextHop }) => nextHop?.mtu === 1400)
  await untilMore('drop_too_big')
})

t.test('a VIP that the host has as an address of its own is left to the host', async () => {
  const [{ vip }] = FAMILIES
  const local = async () => {
    const { status } = await daemon.get<{ status: VipStatus }>('/v1/vips/ipv4')
    return status.local
  }
  uplinks.served.namespace.ip(`address add ${vip}/32 dev lo`)
  while (!(await local()).includes(vip)) await pause(POLL_MS)
  await untilMore('pass_local')

  uplinks.served.namespace.ip(`address delete ${vip}/32 dev lo`)
  while ((await local()).length > 0) await pause(POLL_MS)
  uplinks.seePacketsTo(macOf(uplinks.b, 'eth0'))
})

t.test('a backend that nobody answers for is down until somebody does', async t => {
  const [{ vip }] = FAMILIES
  await daemon.put('/v1/config', {
    pools: { late: poolOf(LATECOMER) },
    vips: { late: vipOf(vip, 'late') },
  })
  t.match(await backends(), [
    { health: 'down', reason: 'no next hop', effective: 'out', share: 0 },
  ])
  t.match(await daemon.get('/v1/vips/late'), { status: { health: 'down' } })
  await untilMore('drop_no_backend')

  uplinks.b.ip(`address add ${LATECOMER}/28 dev eth0`)
  uplinks.nudgeKernel([LATECOMER])
  await until(({ health, share }) => health === 'up' && share === 1)
  uplinks.seePacketsTo(macOf(uplinks.b, 'eth0'), ['ip'])
})

t.test('an interface that leads to no backend any more has no program any more', async t => {
  await daemon.put('/v1/config', {})
  t.equal(served.programOn('eth1'), undefined)
  t.same(
    readdirSync(served.place.pins).filter(name => name.startsWith('egress')),
    [],
  )
})
