import { writeFileSync } from 'node:fs'
import t from 'tap'
import { folder, shell, typed } from './weir.ts'

const REFUSED = 1
const USAGE = 2
const UNREACHABLE = 3

type Case = readonly [words: string, status: number, says: RegExp]

const NOT_COMMANDS: readonly Case[] = [
  ['', USAGE, /Usage: weir/],
  ['bogus', USAGE, /unknown command 'bogus'/],
  ['--bogus status', USAGE, /unknown option '--bogus'/],
  ['status twice', USAGE, /too many arguments/],
  ['get flows', USAGE, /flows is not legal; legal: vip, vips, pool/],
  ['get config www', USAGE, /config www is not legal; legal: config alone/],
  ['get backends', USAGE, /backend {2}is not legal; legal: POOL or POOL\/BACKEND/],
  ['get backend web/b1/b2', USAGE, /web\/b1\/b2 is not legal; legal: POOL or POOL\/BACKEND/],
  ['delete vip', USAGE, /missing required argument 'name'/],
  ['delete revision 1', USAGE, /revision is not legal here; legal: vip, pool, backend/],
  ['apply', USAGE, /required option '-f, --file <file>' not specified/],
  ['apply vip -f -', USAGE, /vip needs a name: NAME/],
  ['apply backend web -f -', USAGE, /backend needs a name: POOL\/BACKEND/],
  ['drain web', USAGE, /backend needs a name: POOL\/BACKEND/],
  ['lookup 192.0.2.7:1', USAGE, /missing required argument 'destination'/],
  ['lookup 192.0.2.7:1 192.0.2.8:1 --protocol icmp', USAGE, /'icmp' is invalid.*tcp, udp/],
  ['--socket ftp://host status', USAGE, /ftp:\/\/host is not legal; legal: unix:\/path/],
  ['decap', USAGE, /required option '--interface <name>' not specified/],
  ['decap --interface eth0', USAGE, /--source is missing/],
  [
    'decap --interface eth0 --source ::1 --geneve-port 0',
    USAGE,
    /legal: a port from 1 to 65535/,
  ],
  ['decap --interface eth0 --source ::1 --mode fast', USAGE, /auto, native, generic/],
  ['decap --interface nowhere --source 192.0.2.1', REFUSED, /nowhere is none of this host's/],
  ['decap --interface lo --source 192.0.2', REFUSED, /"192.0.2" is not an address/],
  ['apply -f nothing.yaml', REFUSED, /cannot read \/.*nothing.yaml: .*no such file/],
  ['apply -f broken.yaml', REFUSED, /broken.yaml:3: /],
  ['serve --config nothing.yaml', REFUSED, /cannot read the node file: .*no such file/],
  [
    'serve --config open.yaml',
    REFUSED,
    /open.yaml:2: \/listen\/0: "0.0.0.0:80" is not on loop/,
  ],
  ['serve --config nowhere.yaml', REFUSED, /nowhere is none of this host's/],
  ['serve --config nobpf.yaml', REFUSED, /BPF file system.*mount -t bpf bpf \/sys\/fs\/bpf/],
  ['status', UNREACHABLE, /cannot be reached at unix:\/.*\/weir.sock: .*ENOENT/],
  [
    '--socket http://127.0.0.1:1 status',
    UNREACHABLE,
    /cannot be reached at http:.*ECONNREFUSED/,
  ],
]

/** File names in a command line are those of files in `directory`. */
const inFolder = (words: string, directory: string) =>
  words.split(' ').map(word => (word.endsWith('.yaml') ? `${directory}/${word}` : word))

t.test('a command line that cannot be is told why, with its exit code', async t => {
  const directory = folder(t)
  const store = `store: "file:${directory}/store"`
  writeFileSync(`${directory}/broken.yaml`, 'pools:\n  web: [\n')
  writeFileSync(`${directory}/open.yaml`, 'interfaces: [lo]\nlisten: ["0.0.0.0:80"]\n')
  writeFileSync(`${directory}/nowhere.yaml`, `interfaces: [nowhere]\n${store}\n`)
  writeFileSync(
    `${directory}/nobpf.yaml`,
    `interfaces: [lo]\n${store}\npins: ${directory}/pins\nlisten: ["unix:${directory}/s"]\n`,
  )
  for (const [words, status, says] of NOT_COMMANDS) {
    const socket = `unix:${directory}/weir.sock`
    const given = inFolder(words, directory).filter(Boolean)
    const outcome = await typed('--socket', socket, ...given)
    t.match(outcome, { status, stderr: says, stdout: '' }, `weir ${words}`)
    t.notMatch(outcome.stderr, /at .*\.ts:\d+/, 'without a stack')
  }
})

t.test('help has an example of each command', async t => {
  const help = await typed('--help')
  const commands = [...help.stdout.matchAll(/^ {2}(?<name>[a-z]+)(?: |$)/gm)]
    .map(({ groups }) => groups?.['name'] ?? '')
    .filter(name => name !== 'help')
  t.same(commands.toSorted(), [
    'apply',
    'decap',
    'delete',
    'disable',
    'drain',
    'enable',
    'get',
    'lab',
    'lookup',
    'plan',
    'serve',
    'status',
    'top',
  ])
  for (const command of commands)
    t.match(await typed(command, '--help'), {
      status: 0,
      stdout: new RegExp(`^Examples?:\\n {2}.*weir ${command}`, 'm'),
    })
})

t.test('the command is found through links, and ends with its exit code', async t => {
  const directory = folder(t)
  const [version, usage] = await Promise.all([
    shell(directory, ['--version']),
    shell(directory, ['bogus']),
  ])
  t.match(version, { status: 0, stdout: /^\d+\.\d+\.\d+\n$/, stderr: '' })
  t.match(usage, { status: USAGE, stdout: '', stderr: /unknown command/ })
})
