/**
 * The real daemon in a namespace: how long it takes from nothing to forwarding, what its maps weigh,
 * and how long a change by REST takes until it is on disk and in the kernel.
 */
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { Daemon } from '../api/cli/daemon.ts'
import { link, Namespace } from '../api/lab/namespace.ts'
import { emptyIntent, type Intent, replace } from '../lb/intent.ts'
import { FileStore } from '../lb/store/file.ts'
import { type Case, type Options, summary } from './case.ts'

const WEIR = `${import.meta.dirname}/../api/main.ts`
const HOSTS = 100
const WARM_UP = 50
const CHANGES = 400
const MEBIBYTE = 2 ** 20

/** Pools that share hosts, as pools for the ports of one fleet do. */
function intentOf(pools: number, backends: number): Intent {
  const hosts = Array.from({ length: HOSTS }, (_, at) => `198.18.0.${at + 1}`)
  const names = Array.from({ length: pools }, (_, at) => `pool-${at}`)
  return replace(emptyIntent, {
    pools: Object.fromEntries(
      names.map((name, pool) => [
        name,
        {
          encapsulation: { type: 'gre' },
          backends: Object.fromEntries(
            Array.from({ length: backends }, (_, at) => [
              `b${at}`,
              { address: hosts[(pool + at) % HOSTS], weight: 10 },
            ]),
          ),
        },
      ]),
    ),
    vips: Object.fromEntries(
      names.map((name, at) => [
        `vip-${at}`,
        {
          addresses: [`198.51.${100 + (at >> 8)}.${at & 0xff}`],
          listeners: [{ protocol: 'tcp', port: 80 }],
          pool: name,
        },
      ]),
    ),
  })
}

/** A daemon on a veth whose other end is the next hop of every backend. */
class Appliance implements AsyncDisposable {
  readonly daemon: Daemon
  readonly pid: number
  readonly startMs: number
  readonly #stack: AsyncDisposableStack

  private constructor(
    stack: AsyncDisposableStack,
    daemon: Daemon,
    pid: number,
    startMs: number,
  ) {
    this.#stack = stack
    this.daemon = daemon
    this.pid = pid
    this.startMs = startMs
  }

  static async start(intent: Intent): Promise<Appliance> {
    const stack = new AsyncDisposableStack()
    const directory = mkdtempSync(`${tmpdir()}/weir-bench-`)
    const pins = `/sys/fs/bpf/weir-bench-${process.pid}`
    stack.defer(() => {
      for (const path of [pins, directory]) rmSync(path, { recursive: true, force: true })
    })
    const log = openSync(`${directory}/log`, 'w')
    stack.defer(() => closeSync(log))
    const outside = stack.use(new Namespace('router'))
    const inside = stack.use(new Namespace('appliance', log))
    link(
      { namespace: inside, name: 'eth0', addresses: ['192.0.2.2/24'] },
      { namespace: outside, name: 'eth0', addresses: ['192.0.2.1/24'] },
    )
    inside.ip('route add 198.18.0.0/15 via 192.0.2.1')

    const store = await FileStore.open(`${directory}/store`, () => undefined)
    await store.append({ intent, summary: 'bench' })
    store.close()
    const socket = `unix:${directory}/weir.sock`
    const node = {
      interfaces: ['eth0'],
      listen: [socket],
      store: `file:${directory}/store`,
      pins,
    }
    writeFileSync(`${directory}/node.yaml`, JSON.stringify(node))

    const begin = performance.now()
    const child = inside.start(
      process.execPath,
      WEIR,
      'serve',
      '--config',
      `${directory}/node.yaml`,
    )
    const daemon = new Daemon(socket)
    while (!(await daemon.isReady())) {
      if (child.exitCode !== null) throw new Error(`weir serve ended with ${child.exitCode}`)
      await pause(5)
    }
    return new Appliance(stack, daemon, Number(child.pid), performance.now() - begin)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}

/** Bytes of memory of all maps that a process has open, as the kernel accounts for them. */
function mapBytes(pid: number): number {
  const maps = new Map<string, number>()
  for (const descriptor of readdirSync(`/proc/${pid}/fdinfo`)) {
    const about = readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, 'utf8')
    const [, id] = /^map_id:\s*(\d+)/m.exec(about) ?? []
    const [, bytes] = /^memlock:\s*(\d+)/m.exec(about) ?? []
    if (id && bytes) maps.set(id, Number(bytes))
  }
  return maps.values().reduce((sum, bytes) => sum + bytes, 0)
}

const once = (name: string, value: number, unit: string, bar: number): Case => ({
  case: name,
  value,
  min: value,
  max: value,
  rounds: 1,
  unit,
  bar,
})

/** 16-bit row entries name at most 65,535 backends: 65 in each of 1,000 pools, not 100. */
async function coldStart(rounds: number): Promise<Case> {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    await using appliance = await Appliance.start(intentOf(1000, 65))
    times.push(appliance.startMs / 1000)
  }
  return { case: 'cold-start, 1,000 pools', ...summary(times), unit: 's', bar: 5 }
}

interface NodeAnswer {
  readonly program: { readonly verified: number; readonly jitedBytes: number }
}

async function weight(): Promise<readonly Case[]> {
  await using appliance = await Appliance.start(intentOf(10, 10))
  const { program } = await appliance.daemon.get<NodeAnswer>('/v1/node')
  return [
    once('maps, 10 pools', mapBytes(appliance.pid) / MEBIBYTE, 'MiB', 48),
    once('verified instructions', program.verified, '', 25_000),
    once('JITed program', program.jitedBytes / 1000, 'kB', 9),
  ]
}

/** Weights of backends in turn, so that every change moves rows. */
async function changes(): Promise<readonly Case[]> {
  await using appliance = await Appliance.start(intentOf(100, 10))
  const times: number[] = []
  for (let change = 0; change < WARM_UP + CHANGES; change++) {
    const path = `/v1/pools/pool-${change % 100}/backends/b${change % 10}`
    const begin = performance.now()
    await appliance.daemon.send('PATCH', path, { weight: 5 + (change % 90) })
    if (change >= WARM_UP) times.push(performance.now() - begin)
  }
  const spread = summary(times)
  const sorted = times.toSorted((a, b) => a - b)
  const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN
  return [
    { case: 'weight change, p50', ...spread, unit: 'ms', bar: 8 },
    { case: 'weight change, p99', ...spread, value: p99, unit: 'ms', bar: 25 },
  ]
}

export async function daemon({ rounds }: Options): Promise<readonly Case[]> {
  return [await coldStart(Math.min(rounds, 3)), ...(await weight()), ...(await changes())]
}
