// Says in one line what a test run came to: tap's own count, and every other step of .ci/run that
// failed; fails if any did. Usage: node test/summary.mjs OUTPUT.tap [FAILED-STEP…]
import { existsSync, readFileSync } from 'node:fs'

const [file, ...steps] = process.argv.slice(2)
const output = existsSync(file) ? readFileSync(file, 'utf8') : ''
const totals = output.match(/^# \{ total: .*\}$/m)?.[0]
const count = word => Number(totals?.match(new RegExp(`\\b${word}: (\\d+)`))?.[1] ?? 0)

// A failed `npm test` is already in tap's count, unless it failed before tap could count.
const uncounted = steps.filter(step => step !== 'test' || count('fail') === 0)
const skipped = count('skip') + count('todo')
const failed = count('fail') + uncounted.length + (totals || steps.length > 0 ? 0 : 1)

console.log(
  `${count('pass')} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
)
process.exitCode = failed > 0 ? 1 : 0
