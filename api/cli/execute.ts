/** One command line, from words to an exit code. */
import { CommanderError } from 'commander'
import { Refusal } from '../../lb/errors.ts'
import { type Output, Usage } from './command.ts'
import { Refused, Unreachable } from './daemon.ts'
import { weir } from './program.ts'

const DONE = 0
const REFUSED = 1
const USAGE = 2
const UNREACHABLE = 3

/** Each field on a line of its own, under what is wrong with them together. */
function refusedText({ problem: { code, detail, errors = [] } }: Refused): string {
  if (errors.length === 0) return detail
  const lines = errors.map(({ pointer, detail }) => `  ${pointer || '/'}: ${detail}`)
  return [`refused, ${code}`, ...lines].join('\n')
}

/** What went wrong, and the exit code that says so. */
function explain(error: unknown): readonly [code: number, text: string] {
  if (error instanceof Refused) return [REFUSED, refusedText(error)]
  if (error instanceof Usage) return [USAGE, error.message]
  if (error instanceof Unreachable) return [UNREACHABLE, error.message]
  const isExpected =
    error instanceof Error && (error instanceof Refusal || error.name === 'KernelError')
  if (isExpected) return [REFUSED, error.message]
  return [REFUSED, error instanceof Error ? (error.stack ?? error.message) : String(error)]
}

function fail(error: unknown, isJson: boolean, output: Output): number {
  // Commander has said what is wrong; what is asked for, as --help, is not wrong.
  if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : USAGE
  const [code, text] = explain(error)
  const asJson = isJson && error instanceof Refused
  output.error(`${asJson ? JSON.stringify(error.problem) : `weir: ${text}`}\n`)
  return code
}

export async function execute(words: readonly string[], output: Output): Promise<number> {
  const program = weir(output)
  try {
    await program.parseAsync(words, { from: 'user' })
    return DONE
  } catch (error) {
    return fail(error, program.opts<{ json?: true }>().json === true, output)
  }
}
