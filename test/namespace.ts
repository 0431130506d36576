/** Network namespaces to test in: the lab's, and a way to run a test file inside one. */
import type { Test } from 'tap'
import { Namespace } from '../api/lab/namespace.ts'

export { link, Namespace } from '../api/lab/namespace.ts'

/**
 * Runs tests of the calling file in a namespace of their own, which takes a process of its own:
 * sockets and interfaces are those of the namespace that a process lives in.
 */
export async function isolated(
  t: Test,
  file: string,
  prepare: (inside: Namespace) => void,
  tests: () => void,
): Promise<void> {
  if (process.env['WEIR_TEST_ISOLATED']) return tests()
  using inside = new Namespace()
  prepare(inside)
  const [program, words] = inside.enter(process.execPath, file)
  await t.spawn(program, words, { env: { ...process.env, WEIR_TEST_ISOLATED: inside.name } })
}
