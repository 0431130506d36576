/** What was measured on: a figure without its machine says nothing. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism, cpus, release } from 'node:os'
import { join } from 'node:path'

const VULNERABILITIES = '/sys/devices/system/cpu/vulnerabilities'

/** What the kernel does against flaws of the CPU: some make every return from a function dear. */
function mitigations(): Readonly<Record<string, string>> {
  const states = readdirSync(VULNERABILITIES).map(name => [
    name,
    readFileSync(join(VULNERABILITIES, name), 'utf8').trim(),
  ])
  return Object.fromEntries(states.filter(([, state]) => state !== 'Not affected'))
}

export const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  kernel: release(),
  node: process.versions.node,
  mitigations: mitigations(),
}

export const describeMachine = () =>
  `${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}`

/**
 * Keeps this process, with all threads that it has and will have, on the last CPU, and others off it
 * as far as may be: whoever runs in between takes the caches.
 */
export function stayOnOneCpu(): void {
  const last = availableParallelism() - 1
  const threads = readdirSync('/proc/self/task')
  execFileSync('taskset', ['-acp', `${last}`, `${process.pid}`], { stdio: 'ignore' })
  execFileSync('renice', ['-n', '-20', '-p', ...threads], { stdio: 'ignore' })
}

/** Of this process alone: what others do on the same CPU meanwhile does not count. */
export async function cpuTime<T>(
  work: () => Promise<T>,
): Promise<{ nanoseconds: number; result: T }> {
  const before = process.cpuUsage()
  const result = await work()
  const { user, system } = process.cpuUsage(before)
  return { nanoseconds: (user + system) * 1e3, result }
}
