/** One daemon to a folder: a file that names the process that has it. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { Refusal } from '../errors.ts'
import { hasCode } from './errno.ts'

export interface Lock {
  release(): void
}

const START_TIME = 19

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESRCH')) return undefined
    throw error
  }
}

const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

/** Process ids come again: when it started, and in which run of the kernel, tells two apart. */
function identityOf(pid: number): string | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`)
  // The name, in parentheses, may hold anything: fields are counted from behind it.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields && `${pid} ${fields[START_TIME]} ${bootId}`
}

/** Whether the link is there now that was not before. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  }
}

/** Moves the lock of a process that is gone out of the way, as SIGKILL leaves it. */
function evict(path: string, directory: string): void {
  const owner = readIfThere(path)
  if (owner === undefined) return
  const pid = Number.parseInt(owner, 10)
  if (identityOf(pid) === owner)
    throw new Refusal(
      'conflict',
      'store-in-use',
      `${directory} is in use by process ${pid}; legal: one daemon to a store`,
    )
  const aside = `${path}.stale-${process.pid}`
  renameSync(path, aside)
  // Another process may have been quicker, and this is its lock: it goes back.
  if (readIfThere(aside) !== owner) linked(aside, path)
  rmSync(aside)
}

export function lockFolder(directory: string): Lock {
  const path = `${directory}/lock`
  const own = `${path}.${process.pid}`
  // Linked and not written, for nobody may read it half written.
  writeFileSync(own, identityOf(process.pid) ?? '', { mode: 0o600 })
  try {
    while (!linked(own, path)) evict(path, directory)
  } finally {
    rmSync(own)
  }
  return { release: () => rmSync(path, { force: true }) }
}
