/** The command as a shell starts it: through a link, as npm makes one. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import type { Test } from 'tap'
import { stringify } from 'yaml'
import { Daemon } from '../../api/cli/daemon.ts'
import { execute } from '../../api/cli/execute.ts'
import { newNode } from './appliance.ts'

const LAUNCHER = `${import.meta.dirname}/../../api/weir`

// What tap puts there to follow Node's processes only makes them slower.
const { WEIR_SOCKET: _, NODE_OPTIONS: __, ...environment } = process.env

export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** One command line in this process: starting one takes a while. */
export async function typed(...words: readonly string[]): Promise<Outcome> {
  let stdout = ''
  let stderr = ''
  const status = await execute(words, {
    out: text => {
      stdout += text
    },
    error: text => {
      stderr += text
    },
  })
  return { status, stdout, stderr }
}

/** A folder with the command in it, gone when the test ends. */
export function folder(t: Test): string {
  const directory = mkdtempSync(`${tmpdir()}/weir-command-`)
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  symlinkSync(LAUNCHER, `${directory}/weir`)
  return directory
}

export async function shell(
  directory: string,
  words: readonly string[],
  { input = '', socket = '' }: { readonly input?: string; readonly socket?: string } = {},
): Promise<Outcome> {
  const env = socket ? { ...environment, WEIR_SOCKET: socket } : environment
  const child = spawn(`${directory}/weir`, words, { cwd: directory, env })
  const status = new Promise<number | null>(resolve => child.once('exit', resolve))
  child.stdin.on('error', () => undefined).end(input)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { status: await status, stdout, stderr }
}

export interface Running {
  readonly child: ChildProcess
  /** Lines of its standard error so far. */
  readonly log: readonly string[]
  readonly ended: Promise<number | null>
}

export function run(t: Test, directory: string, words: readonly string[]): Running {
  const child = spawn(`${directory}/weir`, words, {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  const log: string[] = []
  createInterface({ input: child.stderr }).on('line', line => log.push(line))
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { child, log, ended }
}

let files = 0

/** A node file for a daemon of its own but for the changes, and the socket that it listens on. */
export function nodeFile(t: Test, directory: string, changes: object = {}) {
  const { interfaces, mode, capacity, store, pins } = newNode(t)
  const socket = `unix:${directory}/weir.sock`
  const node = { interfaces, mode, capacity, store: `file:${store}`, pins, listen: [socket] }
  const path = `${directory}/node-${files++}.yaml`
  writeFileSync(path, stringify({ ...node, ...changes }))
  return { path, socket, node }
}

export async function serving(t: Test, directory: string, path: string, socket: string) {
  const running = run(t, directory, ['serve', '--config', path])
  const daemon = new Daemon(socket)
  while (running.child.exitCode === null && !(await daemon.isReady())) await pause(20)
  return running
}
