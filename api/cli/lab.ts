/** `weir lab`: the demonstration network with real requests through it, until Ctrl-C. */
import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Refusal } from '../../lb/errors.ts'
import {
  firstLine,
  LOOPBACK,
  makePlace,
  type Place,
  REST_PORT,
  ready,
  startAppliance,
  startHosts,
  stop,
} from '../lab/appliance.ts'
import type { Outcome } from '../lab/client.ts'
import { intent, VIPS } from '../lab/intent.ts'
import { Interruption } from '../lab/interruption.ts'
import { buildNetwork, type Network } from '../lab/network.ts'
import { type Relay, relay } from '../lab/relay.ts'
import { type Counts, screen, summary, Tally } from '../lab/screen.ts'
import { Terminal } from '../lab/terminal.ts'
import type { Daemon } from './daemon.ts'

const LAB = `${import.meta.dirname}/../lab`
const REFRESH_MS = 1000

const say = (text: string) => process.stdout.write(`${text}\n`)

/** The daemon's port is one of its own namespace; this leads to it from a folder. */
async function openDoor({ appliance }: Network, place: Place): Promise<void> {
  const words = [process.execPath, `${LAB}/door.ts`, place.door, `${REST_PORT}`]
  await firstLine(appliance.start(...words), 'the door to REST')
}

async function offerRest({ door }: Place): Promise<Relay> {
  try {
    return await relay({ host: LOOPBACK, port: REST_PORT }, { path: door })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    return relay({ host: LOOPBACK, port: 0 }, { path: door })
  }
}

/** What the kernel of the appliance's namespace forwarded itself, in both families. */
function forwardedByKernel(pid: number | undefined): number {
  const ipv4 = readFileSync(`/proc/${pid}/net/snmp`, 'utf8')
    .match(/^Ip: \d.*/m)?.[0]
    .split(' ')
  const ipv6 = readFileSync(`/proc/${pid}/net/snmp6`, 'utf8').match(
    /Ip6OutForwDatagrams\s+(\d+)/,
  )
  return Number(ipv4?.[6]) + Number(ipv6?.[1])
}

interface Stats {
  readonly backends: readonly { readonly backend: string; readonly packets: number }[]
  readonly verdicts: Readonly<Record<string, number>>
}

async function count({ daemon, child }: Started): Promise<Counts> {
  const { backends, verdicts } = await daemon.get<Stats>('/v1/stats')
  const byBackend = new Map<string, number>()
  for (const { backend, packets } of backends)
    byBackend.set(backend, (byBackend.get(backend) ?? 0) + packets)
  return { byBackend, verdicts, repliesSeen: forwardedByKernel(child.pid) }
}

const packetsIn = ({ byBackend }: Counts) =>
  byBackend.values().reduce((all, one) => all + one, 0)

const heading = (rest: Relay, place: Place) => [
  'Weir lab: a client, a router, the appliance and four backends, each in a network namespace',
  '',
  `REST      http://${LOOPBACK}:${rest.port}/docs${rest.port === REST_PORT ? '' : `   port ${REST_PORT} is taken`}`,
  `command   api/weir --socket unix:${place.socket} status`,
  'end       Ctrl-C',
]

interface Started {
  readonly network: Network
  readonly child: ChildProcess
  readonly daemon: Daemon
  readonly head: readonly string[]
}

/** What is started goes onto the stack at once, to be ended from there whatever happens next. */
async function start(
  stack: AsyncDisposableStack,
  place: Place,
  interruption: Interruption,
): Promise<Started> {
  say('building the network …')
  const addresses = VIPS.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6])
  const network = stack.use(buildNetwork(addresses, place.log))
  say('starting the appliance and the servers …')
  const child = startAppliance(network.appliance, place)
  stack.defer(() => stop(child))
  const [daemon] = await interruption.or(
    Promise.all([ready(child, place), startHosts(network)]),
  )
  await interruption.or(daemon.put('/v1/config', intent))
  await interruption.or(openDoor(network, place))
  const rest = stack.use(await offerRest(place))
  return { network, child, daemon, head: heading(rest, place) }
}

function startClient(network: Network): Tally {
  const tally = new Tally()
  const client = network.client.start(process.execPath, `${LAB}/client.ts`, ...tally.urls)
  if (!client.stdout) throw new Error('the client has no output')
  createInterface(client.stdout).on('line', line => tally.add(JSON.parse(line) as Outcome))
  return tally
}

/** Shows requests and their count until Ctrl-C; then what it came to. */
async function watch(started: Started, interruption: Interruption): Promise<string> {
  using terminal = new Terminal(process.stdout, started.head)
  const tally = startClient(started.network)
  let then = performance.now()
  let before = await count(started)
  terminal.show(screen(tally, before, 0), summary(tally, before))
  for (;;) {
    await interruption.wait(REFRESH_MS)
    const counts = await count(started)
    const now = performance.now()
    const rate = Math.round(((packetsIn(counts) - packetsIn(before)) * 1000) / (now - then))
    const picture = screen(tally, counts, rate)
    if (interruption.happened) return picture.join('\n')
    terminal.show(picture, summary(tally, counts))
    before = counts
    then = now
  }
}

/** Runs it, takes it down, and returns what it came to. */
async function run(interruption: Interruption): Promise<string> {
  await using stack = new AsyncDisposableStack()
  const place = stack.use(makePlace())
  try {
    return await watch(await start(stack, place, interruption), interruption)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const { kind, code, message } = error
    throw new Refusal(kind, code, `${message}; what was said last:\n${place.logTail()}`)
  }
}

export async function lab(): Promise<number> {
  if (process.getuid?.() !== 0)
    throw new Refusal(
      'invalid',
      'not-root',
      'network namespaces and XDP take root: sudo weir lab',
    )
  const interruption = new Interruption('SIGINT', 'SIGTERM', 'SIGHUP')
  try {
    say(`${await run(interruption)}\n`)
  } catch (error) {
    if (error !== interruption.reason) throw error
  }
  say('everything is taken down')
  return 0
}
