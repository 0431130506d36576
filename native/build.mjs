// Builds the BPF objects and the addon; does nothing while what they are made of is unchanged.
// Runs before the project's own Node may be there, so on any Node from 18 on.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const output = join(root, 'native/build')
const stamp = join(output, 'inputs.sha256')

const sources = ['native', 'xdp', 'bench'].flatMap(folder =>
  readdirSync(join(root, folder), { recursive: true })
    .filter(name => !name.startsWith('build') && /\.(cc|c|h|mjs)$/.test(name))
    .map(name => join(folder, name)),
)
const inputs = ['CMakeLists.txt', 'package-lock.json', ...sources.sort()]
const products = [
  'Release/weir.node',
  ...sources.filter(name => name.endsWith('.bpf.c')).map(name => name.replace(/\.c$/, '.o')),
]

function digest() {
  const hash = createHash('sha256')
  for (const name of inputs) hash.update(name).update(readFileSync(join(root, name)))
  return hash.digest('hex')
}

function isCurrent() {
  const built = [stamp, ...products.map(name => join(output, name))].every(existsSync)
  return built && readFileSync(stamp, 'utf8') === digest()
}

/** node-gyp's make leaks its settings, which would reach our make or ninja. */
function environment() {
  const { MAKEFLAGS, MFLAGS, MAKELEVEL, BUILDTYPE, V, ...rest } = process.env
  return rest
}

function cmakeJs(...words) {
  const ownNode = join(root, 'node_modules/.bin/node')
  const node = existsSync(ownNode) ? ownNode : process.execPath
  const script = join(root, 'node_modules/cmake-js/bin/cmake-js')
  const options = ['--directory', root, '--out', output, '--log-level', 'warn']
  const { status } = spawnSync(node, [script, ...words, ...options], {
    cwd: root,
    env: environment(),
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(status ?? 1)
}

if (!isCurrent()) {
  const before = digest()
  mkdirSync(output, { recursive: true })
  // Both steps, for `build` alone never configures again, and `compile` hides errors by a retry.
  cmakeJs('configure')
  cmakeJs('build', '--parallel', String(availableParallelism()))
  writeFileSync(stamp, before)
}
