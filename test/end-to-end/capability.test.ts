import t from 'tap'
import { type NodeStatus, Served } from './served.ts'

/** What the daemon is meant to run with. Objects can be found by id with CAP_SYS_ADMIN only. */
const CAPABILITIES = '-all,+bpf,+net_admin,+perfmon,+net_raw'
const withoutAdmin = ['setpriv', '--bounding-set', CAPABILITIES, '--']

/** One backend on the link, whose MAC an operator has set. */
function onLink(): Served {
  const served = new Served()
  served.namespace.ip(
    'link add eth0 up type veth peer other',
    'link set other up',
    'address add 192.0.2.1/24 dev eth0',
    'neighbour add 192.0.2.7 lladdr 02:00:00:00:00:07 dev eth0 nud permanent',
  )
  return served
}

const intentFor = (...vips: readonly string[]) => ({
  pools: Object.fromEntries(
    vips.map(name => [
      name,
      { encapsulation: { type: 'gre' }, backends: { b1: { address: '192.0.2.7' } } },
    ]),
  ),
  vips: Object.fromEntries(
    vips.map((name, at) => [
      name,
      {
        addresses: [`198.51.100.${at + 1}`],
        listeners: [{ protocol: 'tcp', port: 80 }],
        pool: name,
      },
    ]),
  ),
})

const flowTo = (destination: string) =>
  `/v1/lookup?source=203.0.113.9:1024&destination=${destination}:80&protocol=tcp`

t.test('a daemon without CAP_SYS_ADMIN adopts what one with it has pinned', async t => {
  await using served = onLink()
  let daemon = await served.start()
  await daemon.put('/v1/config', intentFor('one'))
  const { program } = await daemon.get<NodeStatus>('/v1/node')

  await served.kill()
  daemon = await served.startBy(withoutAdmin)
  t.match(await daemon.get('/v1/node'), { program: { id: program.id, adopted: true } })
  t.match(await daemon.get(flowTo('198.51.100.1')), { backend: { name: 'b1' } })

  // A table made anew, one that was there, and none.
  await daemon.put('/v1/config', intentFor('one', 'two'))
  t.match(await daemon.get(flowTo('198.51.100.2')), { backend: { name: 'b1' } })
  await daemon.put('/v1/config', {})
  t.match(await daemon.get(flowTo('198.51.100.2')), { verdict: 'pass_not_vip' })
})

t.test('a daemon without CAP_SYS_ADMIN can be the first', async t => {
  await using served = onLink()
  const daemon = await served.startBy(withoutAdmin, { mode: 'auto' })
  t.match(await daemon.get('/v1/node'), { interfaces: [{ mode: 'native' }] })
  await daemon.put('/v1/config', intentFor('one'))
  t.match(await daemon.get(flowTo('198.51.100.1')), { backend: { name: 'b1' } })

  const again = await served.startBy(withoutAdmin, { mode: 'generic' })
  t.match(await again.get('/v1/node'), { interfaces: [{ mode: 'generic' }] })
  t.match(await again.get(flowTo('198.51.100.1')), { backend: { name: 'b1' } })
})
