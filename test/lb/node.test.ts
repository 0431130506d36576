import t from 'tap'
import { parseAddress } from '../../lb/address.ts'
import { parseNode } from '../../lb/node.ts'
import { refusalOf } from '../refusal.ts'

const PATH = '/etc/weir/node.yaml'

t.test('a node file needs interfaces only', async t => {
  t.same(parseNode('interfaces: [eth0]', PATH), {
    interfaces: ['eth0'],
    mode: 'auto',
    source: {},
    listen: [{ path: '/run/weir/weir.sock' }, { host: '127.0.0.1', port: 9470 }],
    capacity: { vips: 4096, backends: 65535, tables: 1024, pins: 131072 },
    store: '/var/lib/weir',
    pins: '/sys/fs/bpf/weir',
  })
})

t.test('a node file may say everything', async t => {
  const text = `
# comments are welcome
interfaces: [eth0, bond0.17]
mode: native
source: { ipv4: 192.0.2.1, ipv6: "2001:DB8:0::1" }
listen: ["unix:/tmp/weir.sock", "[::1]:0"]
capacity: { vips: 10, pins: 1024 }
store: file:/srv/weir
pins: /sys/fs/bpf/other
`
  t.same(parseNode(text, PATH), {
    interfaces: ['eth0', 'bond0.17'],
    mode: 'native',
    source: { ipv4: parseAddress('192.0.2.1'), ipv6: parseAddress('2001:db8::1') },
    listen: [{ path: '/tmp/weir.sock' }, { host: '::1', port: 0 }],
    capacity: { vips: 10, backends: 65535, tables: 1024, pins: 1024 },
    store: '/srv/weir',
    pins: '/sys/fs/bpf/other',
  })
})

const refused = (text: string) => refusalOf(() => parseNode(text, PATH))

/** What is given, the line and field at fault, what came, what is legal. */
type Bad = readonly [text: string, line: number, pointer: string, value: string, legal: string]

const KEYS = 'interfaces, mode, source, listen, capacity, store, pins'
const LISTEN =
  'unix:/path, 127.0.0.1:port or [::1]:port with a port from 0 (any free one) to 65535'
const STORE = 'file: and an absolute path, such as file:/var/lib/weir'
const NAME = 'the name of a network interface, 1 to 15 characters without space, / and :'
const LIST = 'a list of 1 or more, each once: '
const MODES = 'auto, native, generic'
const PINS = 'an absolute path in a BPF file system, such as /sys/fs/bpf/weir'
const NOT_YET = 'is not available in this version'
const NO_TLS = 'is not on loopback, and TLS is not available in this version'
const ETCD = 'etcd:http://10.0.0.1:2379/weir'

const bad: readonly Bad[] = [
  ['', 1, '', 'null', `an object with the keys ${KEYS}`],
  ['- eth0', 1, '', '["eth0"]', `an object with the keys ${KEYS}`],
  ['mode: auto', 1, '/interfaces', 'is missing', LIST + NAME],
  ['interfaces: eth0', 1, '/interfaces', '"eth0"', LIST + NAME],
  ['interfaces:', 1, '/interfaces', 'null', LIST + NAME],
  ['interfaces: []', 1, '/interfaces', '[]', LIST + NAME],
  ['interfaces: [a, a]', 1, '/interfaces', '["a","a"]', LIST + NAME],
  ['interfaces:\n  - eth0\n  - eth0/1', 3, '/interfaces/1', '"eth0/1"', NAME],
  ['interfaces: [the-name-is-long]', 1, '/interfaces/0', '"the-name-is-long"', NAME],
]

/** The same, below a line that is right. */
const badBelow: readonly Bad[] = [
  ['modes: auto', 2, '/modes', '"modes"', KEYS],
  ['mode: fast', 2, '/mode', '"fast" is not legal', MODES],
  ['mode: offload', 2, '/mode', `"offload" ${NOT_YET}`, MODES],
  ['source:\n  ipv4: 1::1', 3, '/source/ipv4', '"1::1" is of the other', 'the IPv4 address'],
  ['source:\n  ipv6: ff02::1', 3, '/source/ipv6', '"ff02::1" is a mul', 'the IPv6 address'],
  ['source: { ipv5: 192.0.2.1 }', 2, '/source/ipv5', '"ipv5"', 'ipv4, ipv6'],
  ['listen: [0.0.0.0:9470]', 2, '/listen/0', `"0.0.0.0:9470" ${NO_TLS}`, LISTEN],
  ['listen:\n  - 127.0.0.1:0\n  - 9470', 4, '/listen/1', '9470', LISTEN],
  ['listen: ["unix:sock"]', 2, '/listen/0', '"unix:sock" is not an absolute path', LISTEN],
  ['listen: [127.0.0.1:65536]', 2, '/listen/0', '"127.0.0.1:65536" is not a port', LISTEN],
  ['listen: [localhost:80]', 2, '/listen/0', '"localhost:80" is not an address', LISTEN],
  ['capacity:\n  vips: 0', 3, '/capacity/vips', '0', 'an integer from 1 to 1048576'],
  ['capacity: { backends: 65536 }', 2, '/capacity/backends', '65536', 'from 1 to 65535'],
  ['capacity: { pins: many }', 2, '/capacity/pins', '"many"', 'from 1 to 16777216'],
  [`store: ${ETCD}`, 2, '/store', `"${ETCD}" ${NOT_YET}`, STORE],
  ['store: /var/lib/weir', 2, '/store', '"/var/lib/weir" is not a store', STORE],
  ['store: file:weir', 2, '/store', '"file:weir" is not a store', STORE],
  ['pins: weir', 2, '/pins', '"weir" is not an absolute path', PINS],
]

const below = badBelow.map(([text, ...rest]): Bad => [`interfaces: [eth0]\n${text}`, ...rest])

for (const [text, line, pointer, value, legal] of [...bad, ...below])
  t.test(`refused: ${JSON.stringify(text)}`, async t => {
    const refusal = refused(text)
    const [fault] = refusal.errors
    t.match(refusal, { kind: 'invalid', code: 'invalid-node-file' })
    t.equal(refusal.message, `${PATH}:${line}: ${pointer || '/'}: ${fault?.detail}`)
    t.equal(fault?.pointer, pointer)
    const [came, wanted] = fault?.detail.split('; legal: ') ?? []
    t.ok(came?.startsWith(value), `${came} says ${value}`)
    t.ok(wanted?.includes(legal), `${wanted} says ${legal}`)
  })

t.test('every fault of a file is told, each with its line', async t => {
  const text = 'interfaces: []\nmode: fast\ncapacity:\n  vips: none\n'
  t.same(
    refused(text)
      .message.split('\n')
      .map(line => line.split(':').slice(0, 3).join(':')),
    [`${PATH}:1: /interfaces`, `${PATH}:2: /mode`, `${PATH}:4: /capacity/vips`],
  )
})

t.test('what is no YAML is refused with its line', async t => {
  const texts = {
    'interfaces: [eth0]\ninterfaces: [eth1]': `${PATH}:2: Map keys must be unique`,
    'interfaces: [eth0]\n\tmode: auto': /node\.yaml:2: /,
    'interfaces: !!name [eth0]': /node\.yaml:1: Unresolved tag/,
    'interfaces: *nothing': /node\.yaml:1: Unresolved alias/,
    'interfaces: [eth0]\n---\nmode: auto': /node\.yaml:2: .*multiple documents/,
  }
  for (const [text, message] of Object.entries(texts))
    t.match(refused(text), { kind: 'invalid', code: 'invalid-yaml', message }, text)
})
