import t from 'tap'
import { parseIntent } from '../../lb/intent.ts'
import { refusalOf } from '../refusal.ts'

const pool = (fields: object = {}) => ({ encapsulation: { type: 'gre' }, ...fields })
const vip = (fields: object = {}) => ({
  addresses: ['198.51.100.10'],
  listeners: [{ protocol: 'tcp', port: 80 }],
  pool: 'web',
  ...fields,
})

/** What is given, where in it the fault is, what came, what is legal. */
type Bad = readonly [given: unknown, pointer: string, value: string, legal: string]

const HOST = 'the IPv4 or IPv6 address of one host, such as 198.51.100.10 or 2001:db8::10'
const NAME = 'a name of 1 to 63 lower-case letters, digits and dashes'
const KEYS = 'mode, encapsulation, backends, rows, empty, probe'
const LONG = 'v'.repeat(64)
const NOT_YET = 'is not available in this version'

function refuses(
  what: string,
  at: string,
  wrap: (given: unknown) => unknown,
  cases: readonly Bad[],
) {
  for (const [given, below, value, legal] of cases)
    t.test(`refused as ${what}: ${JSON.stringify(given)}`, async t => {
      const refusal = refusalOf(() => parseIntent(wrap(given)))
      const fault = refusal.errors.find(({ pointer }) => pointer === at + below)
      t.equal(refusal.kind, 'invalid')
      t.ok(fault, refusal.message)
      t.ok(refusal.message.includes(`${at + below || '/'}: ${fault?.detail}`))
      const [came, wanted] = fault?.detail.split('; legal: ') ?? []
      t.ok(came?.startsWith(value), `${came} says ${value}`)
      t.ok(wanted?.includes(legal), `${wanted} says ${legal}`)
    })
}

refuses('a document', '', document => document, [
  [null, '', 'null', 'pools, vips'],
  [[], '', '[]', 'pools, vips'],
  [{ vip: {} }, '/vip', '"vip"', 'pools, vips'],
  [{ pools: [] }, '/pools', '[]', 'an object'],
  [{ pools: { Web: pool() } }, '/pools/Web', '"Web"', NAME],
  [{ pools: { '': pool() } }, '/pools/', '""', NAME],
  [{ pools: { '-a': pool() } }, '/pools/-a', '"-a"', NAME],
  [{ pools: { 'a/b~c': pool() } }, '/pools/a~1b~0c', '"a/b~c"', NAME],
  [{ vips: { [LONG]: vip() } }, `/vips/${LONG}`, `"${LONG}"`, NAME],
  [{ pools: { constructor: pool() } }, '/pools/constructor', '"constructor"', NAME],
  [JSON.parse('{"pools":{"__proto__":{}}}'), '/pools/__proto__', '"__proto__"', NAME],
])

refuses('a pool', '/pools/web', web => ({ pools: { web } }), [
  ['gre', '', '"gre"', KEYS],
  [pool({ colour: 1 }), '/colour', '"colour"', KEYS],
  [pool({ rows: 1000 }), '/rows', '1000', '256, 512, 1024, 2048'],
  [pool({ rows: 128 }), '/rows', '128', '256, 512, 1024, 2048'],
  [pool({ rows: '256' }), '/rows', '"256"', '256, 512, 1024, 2048'],
  [pool({ mode: 'nat' }), '/mode', `"nat" ${NOT_YET}`, 'dsr'],
  [pool({ empty: 'reject' }), '/empty', `"reject" ${NOT_YET}`, 'drop'],
  [pool({ probe: { type: 'http', port: 80 } }), '/probe/type', `"http" ${NOT_YET}`, 'none'],
  [pool({ move: { settle: '1h' } }), '/move', `"move" ${NOT_YET}`, KEYS],
  [pool({ drain: {} }), '/drain', `"drain" ${NOT_YET}`, KEYS],
  [pool({ onDown: 'keep' }), '/onDown', `"onDown" ${NOT_YET}`, KEYS],
  [pool({ backends: [] }), '/backends', '[]', `an object, each key ${NAME}`],
  [pool({ backends: { B: {} } }), '/backends/B', '"B"', NAME],
  [{}, '/encapsulation', 'is missing', 'an object of type gre or geneve'],
])

const tunnels = (encapsulation: unknown) => ({ pools: { web: { encapsulation } } })
refuses('an encapsulation', '/pools/web/encapsulation', tunnels, [
  ['gre', '', '"gre"', 'an object of type gre or geneve'],
  [{}, '/type', 'is missing', 'gre, geneve'],
  [{ type: 'vxlan', vni: 1 }, '/type', `"vxlan" ${NOT_YET}`, 'gre, geneve'],
  [{ type: 'ipip' }, '/type', `"ipip" ${NOT_YET}`, 'gre, geneve'],
  [{ type: 'gue' }, '/type', `"gue" ${NOT_YET}`, 'gre, geneve'],
  [{ type: 'l2' }, '/type', `"l2" ${NOT_YET}`, 'gre, geneve'],
  [{ type: 'GRE' }, '/type', '"GRE" is not legal', 'gre, geneve'],
  [{ type: 'gre', vni: 7 }, '/vni', '"vni"', 'type, key'],
  [{ type: 'gre', key: 2 ** 32 }, '/key', '4294967296', 'an integer from 0 to 4294967295'],
  [{ type: 'geneve', vni: 2 ** 24 }, '/vni', '16777216', 'an integer from 0 to 16777215'],
  [{ type: 'geneve', port: 0 }, '/port', '0', 'an integer from 1 to 65535'],
  [{ type: 'geneve', ethernet: 'yes' }, '/ethernet', '"yes"', 'true, false'],
  [{ type: 'geneve', mac: '1:2' }, '/mac', '"1:2" is not a MAC', 'the MAC address of one host'],
])

const ADDRESS = '10.0.0.11'
const backends = (b1: unknown) => ({ pools: { web: pool({ backends: { b1 } }) } })
refuses('a backend', '/pools/web/backends/b1', backends, [
  [{}, '/address', 'is missing', HOST],
  [{ address: '10.1' }, '/address', '"10.1" is not an address', HOST],
  [{ address: 'fe80::1%eth0' }, '/address', '"fe80::1%eth0" names a zone', HOST],
  [{ address: '::ffff:10.0.0.1' }, '/address', '"::ffff:10.0.0.1" is an IPv4 address', HOST],
  [{ address: 167772161 }, '/address', '167772161', HOST],
  [{ address: ADDRESS, weight: 1001 }, '/weight', '1001', 'an integer from 0 to 1000'],
  [{ address: ADDRESS, weight: -1 }, '/weight', '-1', 'an integer from 0 to 1000'],
  [{ address: ADDRESS, weight: 0.5 }, '/weight', '0.5', 'an integer from 0 to 1000'],
  [{ address: ADDRESS, weight: null }, '/weight', 'null', 'an integer from 0 to 1000'],
  [{ address: ADDRESS, admin: 'up' }, '/admin', '"up"', 'enabled, draining, disabled'],
  [{ address: ADDRESS, port: 80 }, '/port', '"port"', 'address, weight, admin'],
])

const ranges = 'a range such as 8000-8099'
const vips = (www: unknown) => ({ pools: { web: pool() }, vips: { www } })
refuses('a VIP', '/vips/www', vips, [
  [vip({ addresses: [] }), '/addresses', '[]', `a list of 1 or more: ${HOST}`],
  [vip({ addresses: ['224.0.0.1'] }), '/addresses/0', '"224.0.0.1" is a multicast', HOST],
  [vip({ addresses: ['192.0.2.0/24'] }), '/addresses/0', '"192.0.2.0/24" is not an', HOST],
  [vip({ addresses: ['1::1', '1:0::1'] }), '/addresses/1', '1::1 stands', 'each address once'],
  [vip({ hash: '4-tuple' }), '/hash', '"4-tuple"', '5-tuple, 3-tuple, source'],
  [vip({ pool: 'api' }), '/pool', '"api" is not a pool that exists', 'web'],
  [vip({ pool: 7 }), '/pool', '7', 'the name of a pool'],
  [vip({ quic: true }), '/quic', `"quic" ${NOT_YET}`, 'addresses, listeners, hash, pool'],
  [vip({ listeners: [] }), '/listeners', '[]', 'a list of 1 or more'],
])

const listening = (...listeners: readonly unknown[]) => vips(vip({ listeners }))
refuses('a listener', '/vips/www/listeners/0', listening, [
  [{ port: 80 }, '/protocol', 'is missing', 'tcp, udp, any'],
  [{ protocol: 'sctp' }, '/protocol', '"sctp"', 'tcp, udp, any'],
  [{ protocol: 'any', port: 80 }, '/port', '80', 'no port, or protocol tcp or udp'],
  [{ protocol: 'tcp', port: 0 }, '/port', '0', 'an integer from 1 to 65535'],
  [{ protocol: 'tcp', port: 70000 }, '/port', '70000', 'an integer from 1 to 65535'],
  [{ protocol: 'tcp', port: true }, '/port', 'true', `from 1 to 65535, or ${ranges}`],
  [{ protocol: 'tcp', port: '80' }, '/port', '"80" is not a range of ports', ranges],
  [{ protocol: 'tcp', port: '90-80' }, '/port', '"90-80" ends before it begins', ranges],
  [{ protocol: 'tcp', port: '1-65536' }, '/port', '"1-65536" is not a range of ports', ranges],
  [{ protocol: 'udp', quic: true }, '/quic', `"quic" ${NOT_YET}`, 'protocol, port'],
])

t.test('every fault of a document is told, up to 20', async t => {
  const faulty = { pools: { web: pool({ rows: 3, backends: { b1: { weight: 7000 } } }) } }
  t.same(
    refusalOf(() => parseIntent(faulty)).errors.map(({ pointer }) => pointer),
    ['/pools/web/rows', '/pools/web/backends/b1/weight', '/pools/web/backends/b1/address'],
  )
  const many = Array.from({ length: 100 }, (_, index) => [`p${index}`, {}])
  t.equal(refusalOf(() => parseIntent({ pools: Object.fromEntries(many) })).errors.length, 20)
})
