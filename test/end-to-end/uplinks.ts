/**
 * An appliance with two arms: packets come in on eth0 and leave by eth1, where two routers are.
 *
 *     client ── eth0 appliance eth1 ── uplink switch ── router a, router b
 */
import { setTimeout as pause } from 'node:timers/promises'
import { link, Namespace } from '../../api/lab/namespace.ts'
import { Served } from './served.ts'

const SENDER = `${import.meta.dirname}/send.ts`
const PATIENCE_SECONDS = '10'
const DOWN_MS = 200

/** For the tunnel in each family: a VIP, its backend, which is far away, and the two routers. */
export const FAMILIES = [
  {
    name: 'ipv4',
    vip: '198.51.100.4',
    backend: '203.0.113.1',
    a: '192.0.2.17',
    b: '192.0.2.18',
  },
  {
    name: 'ipv6',
    vip: '198.51.100.6',
    backend: '2001:db8:f::1',
    a: '2001:db8:2::a',
    b: '2001:db8:2::b',
  },
] as const

const prefixed = (address: string) => `${address}/${address.includes(':') ? 64 : 28}`
const UPLINK_ADDRESSES = ['192.0.2.30', '2001:db8:2::1'].map(prefixed)

export class Uplinks implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack()
  readonly served = this.#stack.use(new Served())
  readonly client = this.#stack.use(new Namespace())
  readonly switch = this.#stack.use(new Namespace())
  readonly a = this.#stack.use(new Namespace())
  readonly b = this.#stack.use(new Namespace())

  constructor() {
    const appliance = this.served.namespace
    link(
      { namespace: appliance, name: 'eth0', addresses: ['192.0.2.1/28'] },
      { namespace: this.client, name: 'eth0', addresses: ['192.0.2.2/28'] },
    )
    link(
      { namespace: appliance, name: 'eth1', addresses: UPLINK_ADDRESSES },
      { namespace: this.switch, name: 'uplink' },
    )
    for (const router of ['a', 'b'] as const) {
      const addresses = FAMILIES.map(family => prefixed(family[router]))
      link(
        { namespace: this[router], name: 'eth0', addresses },
        { namespace: this.switch, name: `router-${router}` },
      )
    }
    this.switch.ip(
      'link add bridge up type bridge',
      ...['uplink', 'router-a', 'router-b'].map(name => `link set ${name} master bridge`),
    )
    // A veth takes frames that XDP redirected only where its receiving end polls, as for GRO.
    this.switch.run('ethtool', '--features', 'uplink', 'gro', 'on')
    this.client.ip(...FAMILIES.map(({ vip }) => `route add ${vip} via 192.0.2.1`))
    this.#watchNeighbours()
    this.routeBy('a')
  }

  routeBy(router: 'a' | 'b'): void {
    this.served.namespace.ip(
      ...FAMILIES.map(family => `route replace ${family.backend} via ${family[router]}`),
    )
  }

  /** Datagrams to both VIPs, on and on. */
  send(bytes: number): void {
    const vips = FAMILIES.map(({ vip }) => vip)
    this.client.start(process.execPath, SENDER, `${bytes}`, ...vips)
  }

  /** Returns when a packet in each family has come to the switch on its way to this MAC. */
  seePacketsTo(mac: string, types: readonly string[] = ['ip', 'ip6']): void {
    for (const type of types) {
      const filter = `ether dst ${mac} and ${type} proto 47`
      const command = [
        'tcpdump',
        '--interface=uplink',
        '--immediate-mode',
        '-nn',
        '-c1',
        filter,
      ]
      this.switch.run('timeout', PATIENCE_SECONDS, ...command)
    }
  }

  /** The kernel asks for silent neighbours every five seconds; and at once if it has a packet. */
  nudgeKernel(addresses: readonly string[] = FAMILIES.map(({ backend }) => backend)): void {
    const pings = addresses.map(address => `ping -c3 -i0.25 -W0.1 ${address} &`)
    // By then they are no longer taken to be reachable because they just were.
    this.served.namespace.run('sh', '-c', ['sleep 0.4', ...pings, 'wait'].join('\n'))
  }

  /** Takes the link down for a while; whoever looks after addresses and routes is quick. */
  async flap(router: 'a' | 'b'): Promise<void> {
    const { namespace } = this.served
    namespace.ip('link set eth1 down')
    await pause(DOWN_MS)
    // Those of IPv6 went with the link.
    namespace.ip('link set eth1 up', 'address replace 2001:db8:2::1/64 dev eth1')
    this.routeBy(router)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }

  /** So that a neighbour that is silent is noticed in half a second. */
  #watchNeighbours(): void {
    const settings = {
      base_reachable_time_ms: 200,
      delay_first_probe_time: 0,
      retrans_time_ms: 50,
    }
    const commands = ['ipv4', 'ipv6'].flatMap(family =>
      Object.entries(settings).map(
        ([name, value]) => `echo ${value} >/proc/sys/net/${family}/neigh/eth1/${name}`,
      ),
    )
    this.served.namespace.run('sh', '-ec', commands.join('\n'))
  }
}

export function macOf(namespace: Namespace, name: string): string {
  const [{ address }] = JSON.parse(namespace.run('ip', '-json', 'link', 'show', 'dev', name))
  return address
}
