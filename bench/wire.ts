/** Packets per second through a wire: a veth pair in a network namespace that is there for nothing else. */
import { execFileSync } from 'node:child_process'
import { type Case, type Options, tenth } from './case.ts'

/** Interfaces are those of the namespace that a process lives in, hence a process of its own. */
export async function wire({ rounds, elf }: Options): Promise<readonly Case[]> {
  const name = `weir-${process.pid.toString(36)}-bench`
  execFileSync('ip', ['netns', 'add', name])
  try {
    // Not `ip netns exec`, which hides /sys/fs/bpf.
    const inside = `${import.meta.dirname}/veth.ts`
    const command = [`--net=/run/netns/${name}`, process.execPath, inside, `${rounds}`]
    const printed = execFileSync('nsenter', elf ? [...command, elf] : command, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    return JSON.parse(printed)
  } finally {
    execFileSync('ip', ['netns', 'delete', name])
  }
}

export const wireRecord = ({ case: name, flows, value, beside }: Case) => ({
  case: name,
  flows,
  mpps: tenth(beside?.['Mpps'] ?? Number.NaN),
  shareOfTx: tenth(value),
})
