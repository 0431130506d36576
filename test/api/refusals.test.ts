import t from 'tap'
import { asking, newNode, onAppliance, start, web, www } from './appliance.ts'
import { type Refused, refuses } from './refused.ts'

/** A write that is refused for a field. */
const field = (
  method: 'PUT' | 'PATCH',
  path: string,
  body: object,
  pointer: string,
  ...says: readonly string[]
): Refused => ({ method, path, body, status: 400, code: 'invalid-intent', pointer, says })

const VIP = '/v1/vips/new'
const POOL = '/v1/pools/new'
const BACKEND = '/v1/pools/web/backends/new'
const vip = (fields: object) => ({ ...www, addresses: ['198.51.100.20'], ...fields })

const FIELDS: readonly Refused[] = [
  field(
    'PUT',
    VIP,
    vip({ colour: 'red' }),
    '/vips/new/colour',
    '"colour"',
    'addresses, listeners',
  ),
  field('PUT', VIP, [], '/vips/new', '[]', 'an object'),
  field('PUT', VIP, vip({ addresses: [] }), '/vips/new/addresses', '[]', '1 or more'),
  field(
    'PUT',
    VIP,
    vip({ addresses: '198.51.100.20' }),
    '/vips/new/addresses',
    '"198',
    'a list',
  ),
  field('PUT', VIP, vip({ addresses: ['10.1'] }), '/vips/new/addresses/0', '"10.1"', 'IPv4 or'),
  field('PUT', VIP, vip({ addresses: ['::1'] }), '/vips/new/addresses/0', '"::1"', 'one host'),
  field(
    'PUT',
    VIP,
    vip({ addresses: ['fe80::1%eth0'] }),
    '/vips/new/addresses/0',
    'zone',
    'host',
  ),
  field('PUT', VIP, vip({ listeners: [] }), '/vips/new/listeners', '[]', '1 or more'),
  field(
    'PUT',
    VIP,
    vip({ listeners: [{ protocol: 'tcp', port: 70000 }] }),
    '/vips/new/listeners/0/port',
    '70000',
    'from 1 to 65535',
  ),
  field(
    'PUT',
    VIP,
    vip({ listeners: [{ protocol: 'tcp', port: '80' }] }),
    '/vips/new/listeners/0/port',
    '"80"',
    'a range such as 8000-8099',
  ),
  field(
    'PUT',
    VIP,
    vip({ listeners: [{ protocol: 'tcp', port: '90-80' }] }),
    '/vips/new/listeners/0/port',
    '"90-80"',
    'a range such as 8000-8099',
  ),
  field(
    'PUT',
    VIP,
    vip({ listeners: [{ protocol: 'sctp', port: 80 }] }),
    '/vips/new/listeners/0/protocol',
    '"sctp"',
    'tcp, udp, any',
  ),
  field(
    'PUT',
    VIP,
    vip({ hash: '4-tuple' }),
    '/vips/new/hash',
    '"4-tuple"',
    '5-tuple, 3-tuple',
  ),
  field('PUT', VIP, vip({ pool: 7 }), '/vips/new/pool', '7', 'name of a pool'),
  field('PUT', '/v1/vips/New', www, '/vips/New', '"New"', 'lower-case letters'),
  field('PUT', '/v1/vips/-a', www, '/vips/-a', '"-a"', 'lower-case letters'),
  field('PUT', '/v1/vips/constructor', www, '/vips/constructor', 'constructor', 'a name of'),
  field('PUT', `/v1/vips/${'n'.repeat(64)}`, www, `/vips/${'n'.repeat(64)}`, 'nnn', '1 to 63'),
  field('PATCH', '/v1/vips/www', { pool: null }, '/vips/www/pool', 'is missing', 'a pool'),
  field('PATCH', '/v1/vips/www', { listeners: {} }, '/vips/www/listeners', '{}', 'a list'),
  field('PUT', POOL, {}, '/pools/new/encapsulation', 'is missing', 'gre'),
  field(
    'PUT',
    POOL,
    { encapsulation: { type: 'teredo' } },
    '/pools/new/encapsulation/type',
    '"teredo"',
    'gre, geneve',
  ),
  field(
    'PUT',
    POOL,
    { encapsulation: { type: 'gre', vni: 1 } },
    '/pools/new/encapsulation/vni',
    '"vni"',
    'type, key',
  ),
  field(
    'PUT',
    POOL,
    { encapsulation: { type: 'geneve', vni: 2 ** 24 } },
    '/pools/new/encapsulation/vni',
    '16777216',
    '0 to 16777215',
  ),
  field('PUT', POOL, { ...web, rows: 1000 }, '/pools/new/rows', '1000', '65536'),
  field('PUT', POOL, { ...web, empty: 'explode' }, '/pools/new/empty', '"explode"', 'drop'),
  field('PATCH', '/v1/pools/web', { rows: '256' }, '/pools/web/rows', '"256"', '256, 512'),
  field('PUT', BACKEND, {}, '/pools/web/backends/new/address', 'is missing', 'one host'),
  field(
    'PUT',
    BACKEND,
    { address: 'b.example' },
    '/pools/web/backends/new/address',
    '"b.example"',
    'one host',
  ),
  field(
    'PUT',
    BACKEND,
    { address: '10.0.0.20', weight: 1001 },
    '/pools/web/backends/new/weight',
    '1001',
    '0 to 1000',
  ),
  field(
    'PUT',
    BACKEND,
    { address: '10.0.0.20', weight: 1.5 },
    '/pools/web/backends/new/weight',
    '1.5',
    'an integer',
  ),
  field(
    'PATCH',
    '/v1/pools/web/backends/b1',
    { admin: 'off' },
    '/pools/web/backends/b1/admin',
    '"off"',
    'enabled, draining, disabled',
  ),
  field('PUT', '/v1/config', { pool: {} }, '/pool', '"pool"', 'pools, vips'),
  field(
    'PUT',
    '/v1/config',
    { vips: { www: { ...www, port: 1 } } },
    '/vips/www/port',
    '"port"',
    'hash',
  ),
]

const TOGETHER: readonly Refused[] = [
  {
    method: 'PUT',
    path: VIP,
    body: vip({ pool: 'nowhere' }),
    status: 400,
    code: 'unknown-pool',
    pointer: '/vips/new/pool',
    says: ['"nowhere"', 'legal: web'],
  },
  {
    method: 'PUT',
    path: VIP,
    body: vip({ listeners: [{ protocol: 'any', port: 1 }] }),
    status: 400,
    code: 'invalid-vip',
    pointer: '/vips/new/listeners/0/port',
    says: ['1 is not legal', 'tcp or udp'],
  },
  {
    method: 'PUT',
    path: VIP,
    body: www,
    status: 409,
    code: 'listener-conflict',
    says: ['tcp 80', 'vip new', 'vip www', '198.51.100.10'],
  },
  {
    method: 'PUT',
    path: BACKEND,
    body: { address: '198.51.100.10' },
    status: 409,
    code: 'address-loop',
    pointer: '/pools/web/backends/new/address',
    says: ['198.51.100.10', 'legal: any other'],
  },
  {
    method: 'DELETE',
    path: '/v1/pools/web',
    status: 409,
    code: 'pool-in-use',
    pointer: '/vips/www/pool',
    says: ['pool web', 'vip www'],
  },
  {
    method: 'PUT',
    path: '/v1/config',
    body: { pools: { web }, vips: manyVips() },
    status: 507,
    code: 'capacity-exceeded',
    says: ['capacity.vips is 64'],
  },
  {
    method: 'PUT',
    path: VIP,
    body: vip({ listeners: [{ protocol: 'tcp', port: '1001-2024' }] }),
    status: 507,
    code: 'capacity-exceeded',
    says: ['1025 listening ports', 'capacity.vips, 64', '1024'],
  },
]

function manyVips() {
  const named = Array.from({ length: 65 }, (_, at) => [
    `v${at}`,
    { ...www, addresses: [`198.51.100.${at}`] },
  ])
  return Object.fromEntries(named)
}

if (await onAppliance(t, import.meta.filename)) {
  t.test('what cannot be is refused by its fields, and nothing is applied', async t => {
    await using appliance = await start(newNode(t))
    const ask = asking(appliance.app)
    await ask('PUT', '/v1/config', { pools: { web }, vips: { www } })
    for (const refused of [...FIELDS, ...TOGETHER]) await refuses(t, ask, refused)
    t.equal(appliance.balancer.store.head()?.number, 1)
  })
}
