/** What the lab's appliance balances, as an operator would write it. */
import { BACKENDS } from './network.ts'

export const VIPS = [
  { name: 'http-gre', pool: 'gre', ipv4: '198.51.100.10', ipv6: '2001:db8:100::10' },
  { name: 'http-geneve', pool: 'geneve', ipv4: '198.51.100.20', ipv6: '2001:db8:100::20' },
] as const

const backends = Object.fromEntries(
  BACKENDS.map(({ name, tunnel }) => [name, { address: tunnel, weight: 10 }]),
)

export const intent = {
  pools: {
    gre: { encapsulation: { type: 'gre' }, backends },
    geneve: { encapsulation: { type: 'geneve', vni: 7 }, backends },
  },
  vips: Object.fromEntries(
    VIPS.map(({ name, pool, ipv4, ipv6 }) => [
      name,
      { addresses: [ipv4, ipv6], listeners: [{ protocol: 'tcp', port: 80 }], pool },
    ]),
  ),
}
