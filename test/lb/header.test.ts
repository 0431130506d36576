import t from 'tap'
import { parseAddress } from '../../lb/address.ts'
import { buildHeader, noHeader } from '../../lb/header/build.ts'
import { geneve } from '../../lb/header/geneve.ts'
import { gre } from '../../lb/header/gre.ts'
import { pathOf } from '../../lb/neighbour/recall.ts'

const path = (mtu: number, source: string, destination: string) => ({
  egress: 2,
  mtu,
  sourceMac: Uint8Array.of(2, 0, 0, 0, 0, 1),
  nextHopMac: Uint8Array.of(2, 0, 0, 0, 0, 2),
  source: parseAddress(source),
  destination: parseAddress(destination),
})
const IPV4 = ['192.0.2.1', '192.0.2.2'] as const
const IPV6 = ['2001:db8::1', '2001:db8::2'] as const
const inner = { destination: new Uint8Array(6), source: new Uint8Array(6) }

t.test('what fits is the MTU less what each tunnel adds', async t => {
  for (const [name, tunnel, overIpv4, overIpv6] of [
    ['GRE', gre(), 24, 44],
    ['GRE with a key', gre(1), 28, 48],
    ['Geneve', geneve(6081, 1), 36, 56],
    ['Geneve with Ethernet', geneve(6081, 1, inner), 50, 70],
  ] as const) {
    t.equal(buildHeader(tunnel, path(1500, ...IPV4)).largest, 1500 - overIpv4, name)
    t.equal(buildHeader(tunnel, path(1500, ...IPV6)).largest, 1500 - overIpv6, name)
  }
})

t.test('an outer packet is never longer than its length field can say', async t => {
  t.equal(buildHeader(gre(), path(65536, ...IPV4)).largest, 65535 - 24)
})

t.test('a header tells the way that it was built from', async t => {
  for (const [source, destination] of [IPV4, IPV6])
    for (const tunnel of [gre(), geneve(6081, 1, inner)]) {
      const built = path(1500, source, destination)
      t.same(pathOf(buildHeader(tunnel, built)), built)
    }
  t.equal(pathOf(noHeader), undefined)
})
