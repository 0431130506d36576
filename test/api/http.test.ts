import t from 'tap'
import { asking, MERGE, newNode, onAppliance, start, web, www } from './appliance.ts'
import { type Refused, refuses } from './refused.ts'

const YAML = { 'content-type': 'application/yaml' }
const JSON_TYPE = { 'content-type': 'application/json' }
const VIP = '/v1/vips/new'

const missing = (
  method: Refused['method'],
  path: string,
  code: string,
  ...says: readonly string[]
): Refused => ({ method, path, status: 404, code, says })

const ABSENT: readonly Refused[] = [
  missing('GET', '/v1/vips/nobody', 'unknown-vip', '"nobody"', 'legal: www'),
  missing('GET', '/v1/vips/constructor', 'unknown-vip', 'constructor', 'legal: www'),
  missing('GET', '/v1/vips/__proto__', 'unknown-vip', '__proto__'),
  { ...missing('PATCH', '/v1/vips/nobody', 'unknown-vip', '"nobody"'), body: {} },
  missing('DELETE', '/v1/vips/nobody', 'unknown-vip', '"nobody"', 'legal: www'),
  missing('GET', '/v1/pools/nobody/backends', 'unknown-pool', '"nobody"', 'legal: web'),
  missing('GET', '/v1/pools/web/backends/b9', 'unknown-backend', '"b9"', 'legal: b1, b2'),
  {
    ...missing('PUT', '/v1/pools/nobody/backends/b1', 'unknown-pool', '"nobody"', 'web'),
    body: { address: '10.0.0.20' },
  },
  missing('GET', '/v1/revisions/99', 'no-revision', '99', 'kept'),
  missing('GET', '/v1/revisions/first', 'no-revision', 'first', 'legal'),
  missing('POST', '/v1/revisions/99/rollback', 'no-revision', '99', 'kept'),
  missing('GET', '/v2/vips', 'unknown-path', '/v2/vips'),
  missing('GET', '/', 'unknown-path', '/docs'),
]

const not405 = (
  method: Refused['method'],
  path: string,
  ...says: readonly string[]
): Refused => ({ method, path, status: 405, code: 'method-not-allowed', says })

const query = (search: string, pointer: string, ...says: readonly string[]): Refused => ({
  method: 'GET',
  path: `/v1/lookup?${search}`,
  status: 400,
  code: 'invalid-query',
  pointer,
  says,
})

const PLACES = 'source=192.0.2.7:4000&destination=198.51.100.10:80'

const HTTP: readonly Refused[] = [
  not405('POST', '/v1/vips', 'POST', 'GET'),
  not405('DELETE', '/v1/config', 'DELETE', 'GET, HEAD, PUT'),
  not405('GET', '/v1/plan', 'GET', 'POST'),
  not405('PUT', '/v1/revisions/1', 'PUT', 'GET'),
  query('', '/source', 'is missing', 'an address and a port'),
  query(`${PLACES}&protocol=icmp`, '/protocol', '"icmp"', 'tcp, udp'),
  query(`${PLACES}&protocol=tcp&flags=fin`, '/flags', '"fin"', 'syn'),
  query(`${PLACES}&protocol=tcp&ttl=4`, '/ttl', '"ttl"', 'source, destination'),
  query(
    'source=192.0.2.7&destination=[::1]:80&protocol=tcp',
    '/source',
    '"192.0.2.7"',
    ':40000',
  ),
  query(
    'source=192.0.2.7:99999&destination=198.51.100.10:80&protocol=tcp',
    '/source',
    '99999',
    'a port',
  ),
  {
    method: 'GET',
    path: '/v1/lookup?source=192.0.2.7:1&destination=[2001:db8::10]:80&protocol=tcp',
    status: 400,
    code: 'mixed-families',
    says: ['192.0.2.7', '2001:db8::10'],
  },
  {
    method: 'PUT',
    path: VIP,
    body: '{"addresses": [',
    headers: JSON_TYPE,
    status: 400,
    code: 'malformed-json',
    says: ['not legal JSON'],
  },
  {
    method: 'PATCH',
    path: '/v1/vips/www',
    body: '{',
    headers: MERGE,
    status: 400,
    code: 'malformed-json',
    says: ['not legal JSON'],
  },
  {
    method: 'PUT',
    path: VIP,
    body: '{"__proto__": {"pool": "web"}}',
    headers: JSON_TYPE,
    status: 400,
    code: 'malformed-json',
    says: ['not legal JSON'],
  },
  {
    method: 'PUT',
    path: VIP,
    body: '',
    headers: JSON_TYPE,
    status: 400,
    code: 'empty-body',
    says: ['empty'],
  },
  {
    method: 'PUT',
    path: VIP,
    body: 'addresses: []',
    headers: YAML,
    status: 415,
    code: 'unsupported-media-type',
    says: ['application/yaml', 'application/json'],
  },
  {
    method: 'PUT',
    path: VIP,
    body: JSON.stringify({ addresses: ['x'.repeat(2 ** 20)] }),
    headers: JSON_TYPE,
    status: 413,
    code: 'body-too-large',
    says: ['larger'],
  },
  {
    method: 'PUT',
    path: VIP,
    body: 'addresses=198.51.100.10',
    headers: { 'content-type': 'text/plain' },
    status: 415,
    code: 'unsupported-media-type',
    says: ['text/plain', 'application/json'],
  },
  {
    method: 'PUT',
    path: VIP,
    status: 415,
    code: 'unsupported-media-type',
    says: ['none', 'application/json'],
  },
  {
    method: 'PUT',
    path: '/v1/config',
    body: 'pools: {web: {}\nvips: ]',
    headers: YAML,
    status: 400,
    code: 'invalid-yaml',
    says: ['body:2'],
  },
  {
    method: 'PUT',
    path: '/v1/config',
    body: 'pools: {}\npools: {}',
    headers: YAML,
    status: 400,
    code: 'invalid-yaml',
    says: ['body:2', 'unique'],
  },
  {
    method: 'GET',
    path: '/v1/vips/%zz',
    status: 400,
    code: 'malformed-url',
    says: ['URL'],
  },
  {
    method: 'GET',
    path: '/v1/vips',
    headers: { host: 'weir.example' },
    status: 421,
    code: 'foreign-host',
    says: ['weir.example', 'localhost'],
  },
  {
    method: 'DELETE',
    path: '/v1/vips/www',
    headers: { host: '127.0.0.1:9470', origin: 'https://evil.example' },
    status: 403,
    code: 'foreign-origin',
    says: ['https://evil.example', '127.0.0.1:9470'],
  },
]

if (await onAppliance(t, import.meta.filename)) {
  t.test('what is not there, and what HTTP does not allow, is refused', async t => {
    await using appliance = await start(newNode(t))
    const ask = asking(appliance.app)
    await ask('PUT', '/v1/config', { pools: { web }, vips: { www } })
    for (const refused of [...ABSENT, ...HTTP]) await refuses(t, ask, refused)
    t.equal(appliance.balancer.store.head()?.number, 1)
  })

  t.test('a type without a body does no harm where none is taken', async t => {
    await using appliance = await start(newNode(t))
    const ask = asking(appliance.app)
    await ask('PUT', '/v1/pools/web', web)
    t.match(await ask('POST', '/v1/revisions/1/rollback', '', JSON_TYPE), { status: 200 })
    t.match(await ask('DELETE', '/v1/pools/web', '', JSON_TYPE), { status: 204 })
  })

  t.test('a path says which methods it takes', async t => {
    await using appliance = await start(newNode(t))
    const ask = asking(appliance.app)
    t.match((await ask('POST', '/v1/vips/www')).headers, {
      allow: 'GET, HEAD, PUT, PATCH, DELETE',
    })
    t.match((await ask('DELETE', '/metrics')).headers, { allow: 'GET, HEAD' })
  })
}
