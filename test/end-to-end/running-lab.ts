/** `weir lab` as a process to test, and whatever there is of it on this machine. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import type { Test } from 'tap'

export const LAB = [process.execPath, `${import.meta.dirname}/../../api/main.ts`, 'lab']

/** Its processes are known by a word in the environment that they inherit. */
const MARK = `WEIR_LAB_TEST=${process.pid}`
let started = 0

function hasMark(id: string, mark: string): boolean {
  try {
    return readFileSync(`/proc/${id}/environ`, 'latin1').split('\0').includes(mark)
  } catch {
    return false
  }
}

export class RunningLab {
  readonly child: ChildProcess
  readonly #mark = `${MARK}-${started++}`
  /** A folder of its own for temporary files. */
  readonly #temporary = mkdtempSync(`${tmpdir()}/weir-test-`)
  /** Processes that there ever were: what they made bears their names. */
  readonly #owners = new Set<string>()
  /** Everything that it printed until now. */
  output = ''

  constructor(t: Test, command: readonly string[] = LAB, path = process.env['PATH']) {
    const [name = '', mark] = this.#mark.split('=')
    const [program = '', ...words] = command
    const env = { ...process.env, PATH: path, TMPDIR: this.#temporary, [name]: mark }
    this.child = spawn(program, words, { env })
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', data => {
        this.output += data
      })
    t.teardown(() => {
      this.child.kill('SIGKILL')
      rmSync(this.#temporary, { recursive: true })
    })
  }

  async until(condition: (output: string) => boolean): Promise<void> {
    while (!condition(this.output)) {
      if (this.#isOver) throw new Error(`the lab has ended:\n${this.output}`)
      await pause(20)
    }
  }

  /** Resolves with its exit code. */
  async end(): Promise<number | null> {
    if (!this.#isOver) await new Promise(resolve => this.child.once('close', resolve))
    return this.child.exitCode
  }

  /** Processes, temporary files, pins and namespaces. */
  traces(): string[] {
    const processes = readdirSync('/proc').filter(id => hasMark(id, this.#mark))
    for (const id of processes) this.#owners.add(Number(id).toString(36))
    const owned = (prefix: string) => (name: string) =>
      [...this.#owners].some(owner => name.startsWith(`${prefix}${owner}-`))
    return [
      ...processes,
      ...readdirSync(this.#temporary),
      ...readdirSync('/sys/fs/bpf').filter(owned('weir-lab-')),
      ...readdirSync('/run/netns').filter(owned('weir-')),
    ]
  }

  get #isOver(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }
}
