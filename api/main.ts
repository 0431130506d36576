/** The `weir` command. Exit codes: 0 done, 1 refused, 2 usage, 3 the daemon cannot be reached. */
import { Command, CommanderError, Option } from 'commander'
import { Refusal } from '../lb/errors.ts'
import packageJson from '../package.json' with { type: 'json' }
import { Usage } from './cli/command.ts'
import { Refused, Unreachable } from './cli/daemon.ts'
import { addDecap } from './cli/decap.ts'
import { addForesee } from './cli/foresee.ts'
import { addGet } from './cli/get.ts'
import { addRun } from './cli/run.ts'
import { addTop } from './cli/top.ts'
import { addWrite } from './cli/write.ts'

const SOCKET = 'unix:/run/weir/weir.sock'

function weir(): Command {
  const program = new Command('weir')
    .description('An XDP load balancer: divides the flows to virtual addresses among backends.')
    .version(packageJson.version)
    .exitOverride()
    .addOption(
      new Option('--socket <address>', 'the daemon: unix:/path or http://127.0.0.1:9470')
        .env('WEIR_SOCKET')
        .default(SOCKET),
    )
    .option('--json', 'print JSON, for programs')
  for (const add of [addRun, addGet, addWrite, addForesee, addTop, addDecap]) add(program)
  return program
}

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
