/** The `weir` command. Exit codes: 0 done, 1 refused, 2 usage, 3 the daemon cannot be reached. */
import { CommanderError } from 'commander'
import { Refusal } from '../lb/errors.ts'
import { Usage } from './cli/command.ts'
import { Refused, Unreachable } from './cli/daemon.ts'
import { weir } from './cli/program.ts'

/** Each field on a line of its own, under what is wrong with them together. */
function refusedText({ problem: { code, detail, errors = [] } }: Refused): string {
  if (errors.length === 0) return detail
  const lines = errors.map(({ pointer, detail }) => `  ${pointer || '/'}: ${detail}`)
  return [`refused, ${code}`, ...lines].join('\n')
}

/** What went wrong, and the exit code that says so. */
function explain(error: unknown): readonly [code: number, text: string] {
  if (error instanceof Refused) return [1, refusedText(error)]
  if (error instanceof Usage) return [2, error.message]
  if (error instanceof Unreachable) return [3, error.message]
  const isExpected =
    error instanceof Error && (error instanceof Refusal || error.name === 'KernelError')
  if (isExpected) return [1, error.message]
  return [1, error instanceof Error ? (error.stack ?? error.message) : String(error)]
}

function fail(error: unknown, isJson: boolean): never {
  // Commander has said what is wrong; what is asked for, as --help, is not wrong.
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2)
  const [code, text] = explain(error)
  const shown =
    isJson && error instanceof Refused ? JSON.stringify(error.problem) : `weir: ${text}`
  process.stderr.write(`${shown}\n`)
  process.exit(code)
}

// Whoever reads the output may have enough of it, as `head` has.
process.stdout.on('error', () => process.exit(0))

const program = weir()
try {
  await program.parseAsync()
} catch (error) {
  fail(error, program.opts<{ json?: true }>().json === true)
}
