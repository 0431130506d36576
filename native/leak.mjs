// Runs everything the addon does under AddressSanitizer; fails on a leak or a misuse of memory.
import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const output = 'native/build/sanitized'
const run = (program, words, env = process.env) =>
  spawnSync(program, words, { cwd: root, env, stdio: 'inherit' }).status ?? 1

function cmakeJs(...words) {
  const options = [
    '--directory',
    '.',
    '--out',
    output,
    '--config',
    'Debug',
    '--log-level',
    'warn',
  ]
  const script = 'node_modules/cmake-js/bin/cmake-js'
  const status = run(process.execPath, [script, ...words, ...options])
  if (status !== 0) process.exit(status)
}

/** Puts the sanitized addon in the place of the other. */
function hook() {
  const url = pathToFileURL(`${root}/${output}/Debug/weir.node`)
  const source = `
    import { registerHooks } from 'node:module'
    registerHooks({
      resolve: (name, context, next) => name === '#native'
        ? { url: '${url}', format: 'addon', shortCircuit: true }
        : next(name, context),
    })`
  return `data:text/javascript,${encodeURIComponent(source)}`
}

cmakeJs('configure', '--CDSANITIZE=ON')
cmakeJs('build', '--target', 'weir')

const library = execFileSync('g++', ['-print-file-name=libasan.so'], {
  encoding: 'utf8',
}).trim()
const node = [process.execPath, '--expose-gc', '--import', hook(), 'test/native/exercise.ts']
process.exitCode = run('unshare', ['--net', '--', 'env', `LD_PRELOAD=${library}`, ...node], {
  ...process.env,
  WEIR_TEST_ISOLATED: 'unshare',
  LSAN_OPTIONS: 'suppressions=native/leak.supp:print_suppressions=0',
  UBSAN_OPTIONS: 'halt_on_error=1:print_stacktrace=1',
})
