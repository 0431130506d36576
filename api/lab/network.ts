/**
 * The lab's network: a client, a router, the appliance and four backends, each a namespace. Every
 * packet crosses the router, so that a reply that took the way through the appliance would show.
 *
 *     client ── router ── appliance
 *                 └────── b1 … b4
 */
import { type Log, link, Namespace } from './namespace.ts'

/** Link n of the router is 192.0.2.<16n>/28 (RFC 5737) and 2001:db8:0:<n>::/64 (RFC 3849). */
const prefixes = (n: number) => [`192.0.2.${16 * n}`, `2001:db8:0:${n}::`] as const

interface Host {
  readonly name: string
  readonly ipv4: string
  readonly ipv6: string
  readonly gateway4: string
  readonly gateway6: string
}

function host(name: string, n: number): Host {
  const [, prefix6] = prefixes(n)
  const ipv4 = (last: number) => `192.0.2.${16 * n + last}`
  return {
    name,
    ipv4: ipv4(2),
    ipv6: `${prefix6}2`,
    gateway4: ipv4(1),
    gateway6: `${prefix6}1`,
  }
}

const CLIENT = host('client', 1)
export const APPLIANCE = host('appliance', 2)

export interface LabBackend extends Host {
  /** Where its tunnels end. */
  readonly tunnel: string
}

/** Two reached over IPv4, two over IPv6; each answers clients of both families. */
export const BACKENDS: readonly LabBackend[] = [
  host('b1', 3),
  host('b2', 4),
  host('b3', 5),
  host('b4', 6),
].map((backend, n) => ({ ...backend, tunnel: n < 2 ? backend.ipv4 : backend.ipv6 }))

/** Room for a tunnel header around a client's 1500 bytes. */
const UNDERLAY_MTU = 1600
const CLIENT_MTU = 1500

export interface Network extends Disposable {
  readonly client: Namespace
  readonly router: Namespace
  readonly appliance: Namespace
  readonly backends: readonly { readonly backend: LabBackend; readonly namespace: Namespace }[]
}

/** Links a host to the router, which becomes its default gateway in both families. */
function join(router: Namespace, namespace: Namespace, at: Host, mtu: number): void {
  link(
    {
      namespace: router,
      name: at.name,
      addresses: [`${at.gateway4}/28`, `${at.gateway6}/64`],
    },
    { namespace, name: 'eth0', addresses: [`${at.ipv4}/28`, `${at.ipv6}/64`] },
  )
  router.ip(`link set ${at.name} mtu ${mtu}`)
  namespace.ip(
    `link set eth0 mtu ${mtu}`,
    `route add default via ${at.gateway4}`,
    `route add default via ${at.gateway6}`,
  )
}

const prefixed = (address: string) => `${address}/${address.includes(':') ? 128 : 32}`

/** `addresses` are those of the VIPs: routed to the appliance, and local to every backend. */
export function buildNetwork(addresses: readonly string[], log: Log = 'inherit'): Network {
  using stack = new DisposableStack()
  const router = stack.use(new Namespace('router', log))
  router.forward()
  const hosted = (at: Host, mtu: number) => {
    const namespace = stack.use(new Namespace(at.name, log))
    join(router, namespace, at, mtu)
    return namespace
  }
  const client = hosted(CLIENT, CLIENT_MTU)
  const appliance = hosted(APPLIANCE, UNDERLAY_MTU)
  // It would forward replies that came its way: then they would be counted, not lost.
  appliance.forward()
  const backends = BACKENDS.map(backend => {
    const namespace = hosted(backend, UNDERLAY_MTU)
    namespace.ip(...addresses.map(address => `address add ${prefixed(address)} dev lo`))
    return { backend, namespace }
  })
  router.ip(
    ...addresses.map(address => {
      const gateway = address.includes(':') ? APPLIANCE.ipv6 : APPLIANCE.ipv4
      return `route add ${prefixed(address)} via ${gateway}`
    }),
  )
  const built = stack.move()
  return { client, router, appliance, backends, [Symbol.dispose]: () => built.dispose() }
}
