/** The `weir` command. Exit codes: 0 done, 1 refused, 2 usage, 3 the daemon cannot be reached. */
import { execute } from './cli/execute.ts'

// Whoever reads the output may have enough of it, as `head` has.
process.stdout.on('error', () => process.exit(0))

const code = await execute(process.argv.slice(2), {
  out: text => process.stdout.write(text),
  error: text => process.stderr.write(text),
})
// What is done may go on, as `serve`; what failed may have left something open.
if (code !== 0) process.exit(code)
