/** What runs in the lab's namespaces: the real command, real servers, and a real client. */
import type { ChildProcess } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { stringify } from 'yaml'
import { Refusal } from '../../lb/errors.ts'
import { Daemon } from '../cli/daemon.ts'
import type { Namespace } from './namespace.ts'
import { APPLIANCE, type Network } from './network.ts'

const WEIR = `${import.meta.dirname}/../main.ts`
const RECEIVER = `${import.meta.dirname}/receiver.ts`
const WEB = `${import.meta.dirname}/web.ts`
export const LOOPBACK = '127.0.0.1'
export const REST_PORT = 9470
const START_MS = 20_000
const STOP_MS = 5000
const POLL_MS = 25

/** Where the appliance keeps its things: gone with the lab. */
export interface Place extends Disposable {
  readonly directory: string
  readonly socket: string
  /** The socket by which REST is reached from outside the appliance's namespace. */
  readonly door: string
  readonly nodeFile: string
  readonly pins: string
  /** Open, for whatever processes have to say. */
  readonly log: number
  logTail(): string
  /** Writes the node file; `more` takes the place of what a lab has there. */
  configure(more: object): void
}

let made = 0

export function makePlace(): Place {
  const directory = mkdtempSync(`${tmpdir()}/weir-lab-`)
  const socket = `${directory}/weir.sock`
  const nodeFile = `${directory}/node.yaml`
  const pins = `/sys/fs/bpf/weir-lab-${process.pid.toString(36)}-${made++}`
  const logFile = `${directory}/log`
  const log = openSync(logFile, 'a')
  const node = {
    interfaces: ['eth0'],
    mode: 'native',
    listen: [`unix:${socket}`, `${LOOPBACK}:${REST_PORT}`],
    store: `file:${directory}/store`,
    pins,
  }
  const place = {
    directory,
    socket,
    door: `${directory}/door.sock`,
    nodeFile,
    pins,
    log,
    logTail: () => readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-5).join('\n'),
    configure: (more: object) => writeFileSync(nodeFile, stringify({ ...node, ...more })),
    [Symbol.dispose]() {
      closeSync(log)
      rmSync(pins, { recursive: true, force: true })
      rmSync(directory, { recursive: true, force: true })
    },
  }
  place.configure({})
  return place
}

const failed = (sentence: string) => new Refusal('conflict', 'lab-failed', sentence)

/** Resolves with the first line it prints; rejects if it ends before. */
export function firstLine(child: ChildProcess, what: string): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('exit', code => reject(failed(`${what} ended with code ${code}`)))
    if (!child.stdout) throw new Error(`${what} has no output`)
    createInterface(child.stdout).once('line', resolve)
  })
}

const weir = (namespace: Namespace, ...words: readonly string[]) =>
  namespace.start(process.execPath, WEIR, ...words)

/** The router takes what the appliance sends; each backend has a web server behind a decapsulator. */
export async function startHosts(network: Network): Promise<void> {
  const receiver = network.router.start(process.execPath, RECEIVER, APPLIANCE.name)
  const sources = [APPLIANCE.ipv4, APPLIANCE.ipv6].flatMap(source => ['--source', source])
  await Promise.all([
    firstLine(receiver, "the router's receiver"),
    ...network.backends.flatMap(({ backend: { name }, namespace }) => [
      firstLine(namespace.start(process.execPath, WEB, name), `the web server of ${name}`),
      firstLine(
        weir(namespace, 'decap', '--interface', 'eth0', ...sources),
        `the decapsulator of ${name}`,
      ),
    ]),
  ])
}

export const startAppliance = (namespace: Namespace, place: Place): ChildProcess =>
  weir(namespace, 'serve', '--config', place.nodeFile)

/** Resolves when it serves; rejects if it ends before. */
export async function ready(child: ChildProcess, place: Place): Promise<Daemon> {
  const daemon = new Daemon(`unix:${place.socket}`)
  const deadline = Date.now() + START_MS
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null) {
    if (await daemon.isReady()) return daemon
    await pause(POLL_MS)
  }
  throw failed('the appliance did not become ready')
}

/** As systemd stops it; by force if it does not listen. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise(resolve => child.once('exit', resolve))
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  child.kill('SIGTERM')
  await gone
  clearTimeout(force)
}
