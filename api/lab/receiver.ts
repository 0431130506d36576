/** Makes an interface take what XDP sends to it, until it is killed. Usage: node receiver.ts INTERFACE */
import { attachPass } from '../../lb/kernel/pass.ts'

const AN_HOUR_MS = 3_600_000

const [name = ''] = process.argv.slice(2)
using _held = await attachPass(name)
process.stdout.write('ready\n')
// Only something to do keeps a process alive.
await new Promise(() => setInterval(() => undefined, AN_HOUR_MS))
