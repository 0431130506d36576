import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { type Change, Routing } from '../../native/rtnetlink.ts'
import { isolated, link, Namespace } from '../namespace.ts'

const US = '02:00:00:00:00:01'
const ROUTER = '02:00:00:00:00:02'
const STATIC = '02:00:00:00:00:03'
const NO_INTERFACE = 4000

const mac = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(':', ''), 'hex'))
const ipv4 = (...bytes: number[]) => Uint8Array.of(...Array(10).fill(0), 0xff, 0xff, ...bytes)
const ipv6 = (last: number) => Uint8Array.of(0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), last)

const ip = (...words: string[]) => execFileSync('ip', words, { encoding: 'utf8' })

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10)
}

const isManaged = (address: string) => ip('neighbour', 'show', address).includes(' managed ')

const inside = await isolated(t, import.meta.filename, (inside, resources) => {
  const peer = resources.use(new Namespace())
  link(
    {
      namespace: inside,
      name: 'eth0',
      mac: US,
      addresses: ['192.0.2.1/24', '2001:db8::1/64'],
    },
    {
      namespace: peer,
      name: 'eth0',
      mac: ROUTER,
      addresses: ['192.0.2.2/24', '2001:db8::2/64'],
    },
  )
  inside.ip(
    'route add 198.51.100.0/24 via 192.0.2.2',
    'route add 203.0.113.0/25 via inet6 2001:db8::2 dev eth0',
    'route add 2001:db8:1::/64 via 2001:db8::2',
    'route add blackhole 198.18.0.0/15',
    'route add prohibit 100.64.0.0/10',
    `neighbour add 192.0.2.3 lladdr ${STATIC} dev eth0 nud permanent`,
    'link add br0 type bridge',
    'link add e0 mtu 1400 type veth peer e1',
    'link set e0 master br0',
  )
})

if (inside) {
  t.test(
    'a link tells its MAC, its MTU, whether it can carry packets, and its bridge',
    async t => {
      using routing = new Routing()
      const links = new Map((await routing.links()).map(link => [link.name, link]))
      const [eth0, br0, e0, lo] = ['eth0', 'br0', 'e0', 'lo'].map(name => links.get(name))

      t.same(eth0, { index: eth0?.index, name: 'eth0', mac: mac(US), mtu: 1500, up: true })
      t.match(br0, { up: false, master: undefined })
      t.match(e0, { mtu: 1400, up: false, master: br0?.index })
      t.match(lo, { index: 1, mac: new Uint8Array(6), up: true })
    },
  )

  t.test('addresses of both families are 16 bytes with a prefix to match', async t => {
    using routing = new Routing()
    const addresses = (await routing.addresses()).filter(({ address }) => address[0] !== 0xfe)
    t.same(addresses, [
      { index: 1, address: ipv4(127, 0, 0, 1), prefix: 104 },
      { index: 2, address: ipv4(192, 0, 2, 1), prefix: 120 },
      { index: 1, address: Uint8Array.of(...Array(15).fill(0), 1), prefix: 128 },
      { index: 2, address: ipv6(1), prefix: 64 },
    ])
  })

  t.test('a route tells how packets leave, if they do', async t => {
    using routing = new Routing()
    const eth0 = { egress: 2, source: ipv4(192, 0, 2, 1) }
    const cases = [
      ['a neighbour', ipv4(192, 0, 2, 77), eth0],
      ['behind a gateway', ipv4(198, 51, 100, 1), { ...eth0, gateway: ipv4(192, 0, 2, 2) }],
      ['IPv4 behind an IPv6 gateway', ipv4(203, 0, 113, 1), { ...eth0, gateway: ipv6(2) }],
      ['IPv6', ipv6(7), { egress: 2, source: ipv6(1) }],
      ['the host itself', ipv4(192, 0, 2, 1), undefined],
      ['a blackhole', ipv4(198, 18, 0, 1), undefined],
      ['prohibited', ipv4(100, 64, 0, 1), undefined],
      ['nowhere', ipv4(8, 8, 8, 8), undefined],
      ['nowhere, IPv6', Uint8Array.of(0x20, 2, ...Array(14).fill(0)), undefined],
    ] as const
    for (const [name, address, route] of cases) {
      t.same(await routing.routeTo(address), route, name)
    }
  })

  t.test('a managed neighbour is resolved and kept, until it is released', async t => {
    let changes = 0
    using routing = new Routing(change => {
      if (change === 'neighbour') changes++
    })
    for (const [address, text] of [
      [ipv4(192, 0, 2, 2), '192.0.2.2'],
      [ipv6(2), '2001:db8::2'],
    ] as const) {
      const find = async () =>
        (await routing.neighbours()).find(one => Buffer.compare(one.address, address) === 0)
      await routing.manage(2, address)
      await until(async () => (await find())?.mac !== undefined)
      t.match(await find(), { index: 2, address, mac: mac(ROUTER) })
      t.ok(isManaged(text))

      await routing.release(2, address)
      t.notOk(isManaged(text))
    }
    await until(() => changes > 0)
  })

  t.test('a neighbour that the operator has set stays as it is', async t => {
    using routing = new Routing()
    const before = ip('neighbour', 'show', '192.0.2.3')
    await routing.manage(2, ipv4(192, 0, 2, 3))
    await routing.release(2, ipv4(192, 0, 2, 3))
    t.match(before, `lladdr ${STATIC} PERMANENT`)
    t.equal(ip('neighbour', 'show', '192.0.2.3'), before)
  })

  t.test('a neighbour on no interface is refused, and released without complaint', async t => {
    using routing = new Routing()
    await t.rejects(routing.manage(NO_INTERFACE, ipv6(9)), {
      code: 'ENODEV',
      message: /^find neighbour: /,
    })
    await t.resolves(routing.release(NO_INTERFACE, ipv6(9)))
    await t.resolves(routing.release(2, ipv6(99)))
  })

  t.test('a watch hears of every kind of change, and nothing once closed', async t => {
    const heard = new Set<Change>()
    const routing = new Routing(change => heard.add(change))
    ip('link', 'set', 'e1', 'mtu', '1300')
    await until(() => heard.has('link'))
    ip('address', 'add', '192.0.2.200/32', 'dev', 'lo')
    await until(() => heard.has('address') && heard.has('route'))
    ip('neighbour', 'add', '192.0.2.9', 'lladdr', STATIC, 'dev', 'eth0')
    await until(() => heard.has('neighbour'))

    routing.close()
    routing.close()
    heard.clear()
    ip('link', 'set', 'e1', 'mtu', '1200')
    await sleep(50)
    t.same([...heard], [])
  })

  t.test('a watch that lost messages reports that anything may have changed', async t => {
    const heard = new Set<Change>()
    using _routing = new Routing(change => heard.add(change))
    // Far more than its queue and its socket's buffer hold, while this thread reads nothing.
    const routes = Array.from({ length: 6000 }, (_, i) => `10.1.${i >> 8}.${i & 255}`)
    const input = routes.map(route => `route add ${route} dev eth0`).join('\n')
    execFileSync('ip', ['-batch', '-'], { input })
    await until(() => heard.size === 4)
    t.same([...heard].sort(), ['address', 'link', 'neighbour', 'route'])
  })

  t.test('a closed door answers nothing', async t => {
    const routing = new Routing()
    routing.close()
    await t.rejects(routing.links(), { code: 'EBADF' })
  })
}
