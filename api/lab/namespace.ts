/** Network namespaces for the lab and the tests. The host's own interfaces are never touched. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'

let created = 0

/** Where started commands write what goes wrong: a file that is open, or to the terminal. */
export type Log = number | 'inherit'

/**
 * Runs a command and returns what it printed. In a session of its own: Ctrl-C on the terminal is for
 * this process alone, which cleans up then.
 */
function execute(program: string, words: readonly string[], input = ''): string {
  const command = ['--wait', program, ...words]
  return execFileSync('setsid', command, { encoding: 'utf8', input, stdio: 'pipe' })
}

/** With whatever it started itself. */
function killGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    // It has ended, and that is yet to be heard.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

export class Namespace implements Disposable {
  readonly name: string
  readonly #log: Log
  readonly #processes: ChildProcess[] = []

  /** `label` is for whoever lists the namespaces meanwhile; names are unique without it. */
  constructor(label?: string, log: Log = 'inherit') {
    const number = created++
    this.#log = log
    this.name = `weir-${process.pid.toString(36)}-${label ?? number}`
    execute('ip', ['netns', 'add', this.name])
    // Addresses are usable at once, and nobody sends unasked.
    const ipv6 = '/proc/sys/net/ipv6/conf/default'
    this.run('sh', '-c', `echo 0 >${ipv6}/accept_dad; echo 0 >${ipv6}/router_solicitations`)
    this.ip('link set lo up')
  }

  /** How to start a command inside. Not `ip netns exec`, which hides /sys/fs/bpf. */
  enter(...command: readonly string[]): [program: string, words: string[]] {
    return ['nsenter', [`--net=/run/netns/${this.name}`, ...command]]
  }

  /** Runs a command inside and returns what it printed. */
  run(...command: readonly string[]): string {
    return execute(...this.enter(...command))
  }

  /**
   * Starts a command inside. It ends with the namespace or with this process, whatever ends that;
   * Ctrl-C on the terminal does not reach it.
   */
  start(...command: readonly string[]): ChildProcess {
    const [program, words] = this.enter('setpriv', '--pdeathsig', 'KILL', ...command)
    const child = spawn(program, words, {
      stdio: ['ignore', 'pipe', this.#log],
      detached: true,
    })
    this.#processes.push(child)
    return child
  }

  /** Runs commands of ip(8), all in one process. */
  ip(...commands: readonly string[]): void {
    execute('ip', ['-n', this.name, '-batch', '-'], commands.join('\n'))
  }

  /** Makes it a router, in both families. */
  forward(): void {
    const net = '/proc/sys/net'
    this.run(
      'sh',
      '-c',
      `echo 1 >${net}/ipv4/ip_forward; echo 1 >${net}/ipv6/conf/all/forwarding`,
    )
  }

  interfaceIndex(name: string): number {
    const [{ ifindex }] = JSON.parse(this.run('ip', '-json', 'link', 'show', name))
    return ifindex
  }

  [Symbol.dispose](): void {
    for (const child of this.#processes) killGroup(child)
    execute('ip', ['netns', 'delete', this.name])
  }
}

/** One end of a link: `addresses` with prefix lengths, of either family. */
export interface End {
  readonly namespace: Namespace
  readonly name: string
  readonly mac?: string
  readonly addresses?: readonly string[]
}

/** Joins two namespaces by a veth pair. */
export function link(one: End, other: End): void {
  const device = ({ namespace, name, mac }: End) =>
    `${name} ${mac ? `address ${mac}` : ''} netns ${namespace.name}`
  one.namespace.ip(`link add ${device(one)} type veth peer ${device(other)}`)

  for (const { namespace, name, addresses = [] } of [one, other]) {
    // A packet that XDP redirects keeps the checksum it has, so the sender must complete it.
    namespace.run('ethtool', '-K', name, 'tx', 'off')
    namespace.ip(
      `link set ${name} up`,
      ...addresses.map(address => `address add ${address} dev ${name}`),
    )
  }
}
