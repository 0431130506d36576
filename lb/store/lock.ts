/** One daemon to a folder: a file that names the process that has it. */
import { readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { Refusal } from '../errors.ts'

export interface Lock {
  release(): void
}

const START_TIME = 19

/** The process id and when it started: ids come again, after a reboot soon. Undefined if it is gone. */
function identity(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name, in parentheses, may hold anything: fields are counted from behind it.
    return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[START_TIME]}`
  } catch {
    return undefined
  }
}

function create(path: string): boolean {
  try {
    writeFileSync(path, identity(process.pid) ?? '', { flag: 'wx', mode: 0o640 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** A lock whose process is gone, as after SIGKILL, is taken over. */
export function lockFolder(directory: string): Lock {
  const path = `${directory}/lock`
  if (!create(path)) {
    const owner = readFileSync(path, 'utf8')
    const pid = Number.parseInt(owner, 10)
    if (owner && identity(pid) === owner)
      throw new Refusal(
        'conflict',
        'store-in-use',
        `${directory} is in use by process ${pid}; one daemon to a store`,
      )
    unlinkSync(path)
    create(path)
  }
  return { release: () => unlinkSync(path) }
}
