import { readFileSync } from 'node:fs'
import protobuf from 'protobufjs'
import t from 'tap'
import { verdicts } from '../../xdp/layout.ts'
import { ACK, ethernet, ipv4, packet, SYN, TCP, tcp } from '../packet.ts'
import {
  type Appliance,
  type Ask,
  asking,
  newNode,
  OUR_MAC,
  onAppliance,
  ROUTER_MAC,
  reachable,
  start,
  web,
  www,
} from './appliance.ts'

const CLIENT = '203.0.113.7'
const IP_TCP_BYTES = 40

/** Through the living program, as if it had come in. */
async function arrive(
  { balancer }: Appliance,
  destination: string,
  port: number,
  flags: number,
) {
  const data = packet(
    ethernet(OUR_MAC, ROUTER_MAC),
    ipv4(CLIENT, destination, TCP),
    tcp(40000, port, { flags }),
  )
  await balancer.programs.loadBalance.run({ data })
}

async function configure({ app, balancer }: Appliance): Promise<Ask> {
  const ask = asking(app)
  const backends = { b1: web.backends.b1 }
  await ask('PUT', '/v1/config', { pools: { web: { ...web, backends } }, vips: { www } })
  await reachable(balancer)
  return ask
}

if (await onAppliance(t, import.meta.filename)) {
  t.test('counters are read by VIP, backend and verdict', async t => {
    await using appliance = await start(newNode(t))
    const ask = await configure(appliance)
    const { body: before } = await ask('GET', '/v1/stats')
    await arrive(appliance, '198.51.100.10', 80, SYN)
    await arrive(appliance, '198.51.100.10', 80, ACK)
    await arrive(appliance, '198.51.100.10', 81, SYN)

    const { body } = await ask('GET', '/v1/stats')
    const bytes = 2 * IP_TCP_BYTES
    t.match(body, {
      time: /^\d{4}-\d\d-\d\dT/,
      vips: [{ vip: 'www', packets: 2, bytes, newFlows: 1 }],
      backends: [{ pool: 'web', backend: 'b1', packets: 2, bytes, strayPackets: 0 }],
      verdicts: { forwarded: 1, forwarded_syn: 1, drop_no_listener: 1 },
    })
    t.match(before, { vips: [{ packets: 0 }], verdicts: { forwarded: 0 } })
    const known = verdicts.map(({ name }) => name).filter(name => name !== 'next_stage')
    t.same(Object.keys((body as { verdicts: object }).verdicts), known)
  })

  t.test('counters come as protobuf to whoever asks for it', async t => {
    await using appliance = await start(newNode(t))
    const ask = await configure(appliance)
    await arrive(appliance, '198.51.100.10', 80, SYN)
    const { app } = appliance
    const accept = 'application/json;q=0.5, application/x-protobuf'
    const reply = await app.inject({ url: '/v1/stats', headers: { accept } })
    t.equal(reply.headers['content-type'], 'application/x-protobuf')
    t.equal(reply.headers['vary'], 'accept')

    const proto = readFileSync(`${import.meta.dirname}/../../api/stats.proto`, 'utf8')
    const Stats = protobuf.parse(proto).root.lookupType('weir.Stats')
    const stats = Stats.toObject(Stats.decode(reply.rawPayload), {
      longs: Number,
      defaults: true,
    })
    const { body } = await ask('GET', '/v1/stats')
    t.same({ ...stats, time: '' }, { ...(body as object), time: '' })
    t.match(stats, { vips: [{ vip: 'www', packets: 1, bytes: 40, newFlows: 1 }] })
  })

  t.test('metrics are Prometheus text, by the names that are promised', async t => {
    await using appliance = await start(newNode(t))
    const ask = await configure(appliance)
    await arrive(appliance, '198.51.100.10', 80, SYN)
    const { headers, body } = await ask('GET', '/metrics')
    t.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
    const text = String(body)
    const { id, tag } = appliance.balancer.programs.loadBalance.shape
    for (const line of [
      'weir_vip_packets_total{vip="www"} 1',
      'weir_vip_bytes_total{vip="www"} 40',
      'weir_vip_new_flows_total{vip="www"} 1',
      'weir_backend_packets_total{pool="web",backend="b1"} 1',
      'weir_backend_bytes_total{pool="web",backend="b1"} 40',
      'weir_backend_stray_packets_total{pool="web",backend="b1"} 0',
      'weir_verdicts_total{verdict="forwarded_syn"} 1',
      'weir_verdicts_total{verdict="drop_no_backend"} 0',
      'weir_backend_up{pool="web",backend="b1"} 1',
      'weir_revision 1',
      'weir_map_entries{map="addresses"} 1',
      'weir_map_capacity{map="backends"} 256',
      'weir_map_capacity{map="vip_traffic"} 64',
      `weir_program_info{name="load_balance",id="${id}",tag="${tag}"} 1`,
    ])
      t.ok(text.split('\n').includes(line), line)
    t.match(text, /^process_cpu_seconds_total /m)
    t.match(text, /^nodejs_heap_size_used_bytes /m)

    const sample = /^[a-z_0-9]+(\{([a-z_]+="[^"]*",?)+\})? -?[0-9.e+-]+$/
    for (const line of text.split('\n').filter(line => line && !line.startsWith('#')))
      t.match(line, sample)
    const kinds = [...text.matchAll(/^# TYPE (?<name>weir_\w+) (?<kind>.*)$/gm)]
    for (const { groups } of kinds)
      t.equal(groups?.['kind'], groups?.['name']?.endsWith('_total') ? 'counter' : 'gauge')
  })

  t.test(
    'what is deleted is no longer measured, and starts from zero when it is back',
    async t => {
      await using appliance = await start(newNode(t))
      const ask = await configure(appliance)
      await arrive(appliance, '198.51.100.10', 80, SYN)
      await ask('DELETE', '/v1/vips/www')
      t.notMatch((await ask('GET', '/metrics')).body, /vip="www"/)
      t.match((await ask('GET', '/v1/stats')).body, { vips: [] })
      await ask('DELETE', '/v1/pools/web')
      t.notMatch((await ask('GET', '/metrics')).body, /pool="web"/)
      await configure(appliance)
      t.match((await ask('GET', '/v1/stats')).body, { backends: [{ packets: 0 }] })
    },
  )

  t.test('a lookup asks the program, and leaves no trace', async t => {
    await using appliance = await start(newNode(t))
    const ask = await configure(appliance)
    const lookup = async (destination: string, rest: string) =>
      (await ask('GET', `/v1/lookup?source=${CLIENT}:40000&destination=${destination}&${rest}`))
        .body

    t.same(await lookup('198.51.100.10:80', 'protocol=tcp&flags=syn'), {
      verdict: 'forwarded_syn',
      meaning: 'Sent to a backend, and opens a connection: a TCP SYN.',
      vip: 'www',
      pool: 'web',
      backend: { name: 'b1', address: '10.0.0.11' },
      reason: "vip www takes it; its row of pool web is backend b1's, at 10.0.0.11",
    })
    t.match(await lookup('198.51.100.10:80', 'protocol=tcp'), { verdict: 'forwarded' })
    t.match(await lookup('198.51.100.10:80', 'protocol=udp'), { verdict: 'drop_no_listener' })
    t.match(await lookup('198.51.100.11:80', 'protocol=udp'), {
      verdict: 'pass_not_vip',
      reason: /no VIP address/,
    })
    await ask('PATCH', '/v1/pools/web/backends/b1', { admin: 'draining' })
    t.match(await lookup('198.51.100.10:80', 'protocol=tcp'), {
      verdict: 'drop_no_backend',
      vip: 'www',
      pool: 'web',
      reason: /b1 is draining/,
    })
    t.match((await ask('GET', '/v1/stats')).body, { vips: [{ packets: 0 }] })
  })

  t.test('a lookup finds the listener that the program finds', async t => {
    await using appliance = await start(newNode(t))
    const ask = await configure(appliance)
    const vip = (...listeners: object[]) => ({
      addresses: ['2001:db8::10'],
      listeners,
      pool: 'web',
    })
    await ask('PUT', '/v1/vips/one', vip({ protocol: 'tcp', port: 80 }))
    await ask('PUT', '/v1/vips/some', vip({ protocol: 'tcp', port: '1000-1002' }))
    await ask('PUT', '/v1/vips/many', vip({ protocol: 'tcp', port: '2000-5000' }))
    await ask('PUT', '/v1/vips/rest', vip({ protocol: 'any' }))
    const found = async (port: number, protocol: string) => {
      const places = `source=[2001:db8:7::1]:40000&destination=[2001:db8::10]:${port}`
      return (await ask('GET', `/v1/lookup?${places}&protocol=${protocol}`)).body
    }
    t.match(await found(80, 'tcp'), { verdict: 'forwarded', vip: 'one' })
    t.match(await found(1002, 'tcp'), { verdict: 'forwarded', vip: 'some' })
    t.match(await found(3000, 'tcp'), { verdict: 'forwarded', vip: 'many' })
    t.match(await found(5001, 'tcp'), { verdict: 'forwarded', vip: 'rest' })
    t.match(await found(80, 'udp'), { verdict: 'forwarded', vip: 'rest' })
    t.match(await found(0, 'tcp'), { vip: 'rest' })
  })

  t.test('the node says what it runs, and is live and ready', async t => {
    await using appliance = await start(newNode(t))
    const ask = await configure(appliance)
    t.match((await ask('GET', '/v1/node')).body, {
      version: /^\d+\.\d+\.\d+/,
      kernel: /^\d+\.\d+/,
      uptime: Number,
      revision: 1,
      interfaces: [{ interface: 'eth0', ifindex: Number, mode: 'native' }],
      program: { name: 'load_balance', tag: /^[0-9a-f]{16}$/, adopted: false },
      maps: [{ map: 'addresses', entries: 1, capacity: Number }],
    })
    t.match(await ask('GET', '/livez'), { status: 200, body: { status: 'live' } })
    t.match(await ask('GET', '/readyz'), { status: 200, body: { status: 'ready' } })
  })
}
