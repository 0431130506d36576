/** Network namespaces to test in: the lab's, and a way to run a test file inside one. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import type { Test } from 'tap'
import { Namespace } from '../api/lab/namespace.ts'

export { link, Namespace } from '../api/lab/namespace.ts'

const NAME = /^weir-(?<process>[0-9a-z]+)-/

/** Namespaces of tests that were killed, as after a timeout. */
function abandoned(): string[] {
  const names = existsSync('/run/netns') ? readdirSync('/run/netns') : []
  return names.filter(name => {
    const owner = NAME.exec(name)?.groups?.['process']
    return owner !== undefined && !existsSync(`/proc/${Number.parseInt(owner, 36)}`)
  })
}

for (const name of abandoned()) spawnSync('ip', ['netns', 'delete', name])

/**
 * Runs the calling file again in a namespace of its own, which takes a process of its own: sockets
 * and interfaces are those of the namespace that a process lives in. True if it is that process.
 */
export async function isolated(
  t: Test,
  file: string,
  prepare: (inside: Namespace, resources: DisposableStack) => void,
): Promise<boolean> {
  if (process.env['WEIR_TEST_ISOLATED']) return true
  using resources = new DisposableStack()
  const inside = resources.use(new Namespace())
  prepare(inside, resources)
  const [program, words] = inside.enter(process.execPath, file)
  await t.spawn(program, words, { env: { ...process.env, WEIR_TEST_ISOLATED: inside.name } })
  return false
}
