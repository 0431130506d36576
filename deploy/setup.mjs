// Takes a bare Debian 12 with Node 18 and npm to where Weir runs; `--dev` adds what its tests need.
// Nothing is installed yet when this starts: it has Node's own modules, and says what it will do.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const isDev = process.argv.includes('--dev')
const command = isDev ? 'npm test' : 'npm start'

const PACKAGES = [
  ...['clang-19', 'libbpf-dev', 'bpftool', 'linux-libc-dev'], // the programs in the kernel
  ...['g++', 'cmake', 'ninja-build', 'pkg-config'], // the addon
  ...['iproute2', 'ethtool', 'util-linux', 'mount'], // the networks that it runs in
]
const DEV_PACKAGES = ['clang-format-19', 'iputils-ping', 'tcpdump']

function say(sentence) {
  console.log(`weir: ${sentence}`)
}

/** Ends here: what is wrong, in a sentence, and what to type. */
function refuse(sentence, remedy) {
  console.error(`weir: ${sentence}\n      ${remedy}`)
  process.exit(1)
}

/**
 * `su` leaves the sbin folders out, without which dpkg refuses to work; and the project's own Node
 * must not be the one that runs npm, which is about to replace it.
 */
function environment() {
  const folders = (process.env.PATH ?? '').split(':')
  const path = [
    ...folders.filter(name => !name.endsWith('node_modules/.bin')),
    '/usr/sbin',
    '/sbin',
  ]
  return { ...process.env, PATH: path.join(':'), DEBIAN_FRONTEND: 'noninteractive' }
}

/** Shows what `program` prints only if it fails, unless `stdio` is 'inherit'. */
function succeeds(program, words, stdio = 'pipe') {
  const options = { cwd: root, env: environment(), encoding: 'utf8', maxBuffer: 2 ** 28 }
  const { status, stdout, stderr, error } = spawnSync(program, words, {
    ...options,
    stdio: ['ignore', stdio, stdio],
  })
  if (status !== 0) console.error([stdout, stderr, error?.message].filter(Boolean).join('\n'))
  return status === 0
}

function checkSystem() {
  const file = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''
  const field = name => file.match(new RegExp(`^${name}="?([^"\n]*)`, 'm'))?.[1]
  if (field('ID') === 'debian' && field('VERSION_ID') === '12') return

  const name = field('PRETTY_NAME') ?? process.platform
  if (!existsSync('/usr/bin/apt-get')) {
    refuse(
      `this is ${name}, and Weir sets itself up on Debian 12 only.`,
      `Run it there, or in a Debian 12 container with --privileged: ${command}`,
    )
  }
  say(`this is ${name}; Weir is tested on Debian 12. Trying.`)
}

function checkMachine() {
  if (!['x64', 'arm64'].includes(process.arch)) {
    refuse(`the processor is ${process.arch}; Weir runs on x64 and arm64.`, 'uname -m')
  }
  const [major, minor] = release().split('.').map(Number)
  if (major < 6 || (major === 6 && minor < 1)) {
    refuse(
      `the kernel is ${release()}; Weir needs 6.1 or newer, as Debian 12 has it.`,
      `apt-get install linux-image-${process.arch === 'x64' ? 'amd64' : 'arm64'} && reboot`,
    )
  }
  if (process.getuid() !== 0) {
    refuse(
      'loading programs into the kernel, and installing packages, takes root.',
      `sudo ${command}`,
    )
  }
}

function missing(names) {
  const words = ['--show', '--showformat', `\${Package} \${db:Status-Status}\n`, ...names]
  const { stdout } = spawnSync('dpkg-query', words, { encoding: 'utf8' })
  const installed = new Set(stdout.split('\n'))
  return names.filter(name => !installed.has(`${name} installed`))
}

function installPackages() {
  const names = missing(isDev ? [...PACKAGES, ...DEV_PACKAGES] : PACKAGES)
  if (names.length === 0) return

  say(`installing Debian packages, a minute or two: ${names.join(' ')}`)
  const aptGet = ['-qq', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Dpkg::Use-Pty=0']
  // Old lists may still do, so a failed update is shown and the installation decides.
  succeeds('apt-get', [...aptGet, 'update'])
  if (!succeeds('apt-get', [...aptGet, 'install', '-y', '--no-install-recommends', ...names])) {
    refuse(
      'Debian packages could not be installed; apt-get says why above. To try them alone:',
      `apt-get update && apt-get install --no-install-recommends ${names.join(' ')}`,
    )
  }
}

/** Maps and programs outlive the process by a name in this file system. */
function mountBpffs() {
  if (/ \/sys\/fs\/bpf bpf /.test(readFileSync('/proc/self/mounts', 'utf8'))) return

  say('mounting the BPF file system on /sys/fs/bpf')
  if (!succeeds('mount', ['-t', 'bpf', 'bpf', '/sys/fs/bpf'])) {
    refuse(
      'the BPF file system cannot be mounted here; a container must be --privileged. To try it:',
      'mount -t bpf bpf /sys/fs/bpf',
    )
  }
}

function installModules() {
  const ownNode = `node-linux-${process.arch}/bin/node`
  const modules = join(root, 'node_modules')
  const stamp = join(modules, '.setup')
  const lock = readFileSync(join(root, 'package-lock.json'))
  const wanted = createHash('sha256').update(lock).update(process.arch).digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return

  say('installing the npm modules of package-lock.json, Node 24 among them')
  const words = [
    'ci',
    '--ignore-scripts',
    '--include=dev',
    '--include=optional',
    '--loglevel=error',
  ]
  // An optional module that cannot be had is no error to npm; without this one nothing runs.
  if (!succeeds('npm', words) || !existsSync(join(modules, ownNode))) {
    refuse(
      'npm modules could not be installed; npm says why above. To try them alone:',
      'npm ci --ignore-scripts',
    )
  }
  // Both processors' modules bring a `node`: npm 9 links ours, then unlinks it with the other one.
  const link = join(modules, '.bin/node')
  if (!existsSync(link)) symlinkSync(join('..', ownNode), link)
  writeFileSync(stamp, wanted)
}

function build() {
  if (!succeeds(join(root, 'node_modules/.bin/node'), ['native/build.mjs'], 'inherit')) {
    refuse('the build failed; the compiler says why above. To try it alone:', 'npm run build')
  }
}

checkSystem()
checkMachine()
installPackages()
mountBpffs()
installModules()
build()
