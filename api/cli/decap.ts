/**
 * `weir decap`: takes tunnels off on a backend that has no tunnel devices. Needs no daemon. What needs
 * the kernel is loaded by this command alone.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Decapsulator } from '../../lb/decap.ts'
import { Refusal } from '../../lb/errors.ts'
import type { WantedMode } from '../../lb/kernel/interfaces.ts'
import { type Context, contextOf, example, Usage } from './command.ts'

const REFRESH_MS = 1000
const GENEVE_PORT = 6081
const PINS = '/sys/fs/bpf/weir-decap'
const LAST_PORT = 65535

interface Options {
  readonly interface: string
  readonly source: readonly string[]
  readonly mode: WantedMode
  readonly genevePort: number
  readonly detach?: true
  readonly remove?: true
  readonly pins: string
}

function port(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= LAST_PORT)
    return Number(text)
  throw new InvalidArgumentError(`legal: a port from 1 to ${LAST_PORT}`)
}

/** Counts that are not zero. */
function countsOf(decapsulator: Decapsulator): Readonly<Record<string, number>> {
  const counts = [...decapsulator.verdicts].filter(([, packets]) => packets > 0n)
  return Object.fromEntries(counts.map(([verdict, packets]) => [verdict, Number(packets)]))
}

const countText = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .map(([verdict, packets]) => `${verdict} ${packets}`)
    .join('  ')

/** A line whenever something was counted, until a signal. */
async function report(decapsulator: Decapsulator, { print }: Context): Promise<void> {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => controller.abort())
  let last = '{}'
  while (!controller.signal.aborted) {
    const counts = countsOf(decapsulator)
    const now = JSON.stringify(counts)
    if (now !== last) print(counts, countText(counts))
    last = now
    await pause(REFRESH_MS, undefined, { signal: controller.signal }).catch(() => undefined)
  }
}

async function attach(options: Options, context: Context): Promise<void> {
  const { interface: name, source: sources, ...rest } = options
  if (sources.length === 0)
    throw new Usage('--source is missing; legal: the address of each load balancer, repeated')
  const { Decapsulator } = await import('../../lb/decap.ts')
  using decapsulator = await Decapsulator.attach({ interface: name, sources, ...rest })
  const { attachment } = decapsulator
  const warning = attachment.warning ? `; ${attachment.warning}` : ''
  context.print(
    attachment,
    `decapsulating on ${name} in ${attachment.mode} mode, from ${sources.join(', ')}${warning}`,
  )
  if (options.detach) decapsulator.pin()
  else await report(decapsulator, context)
}

async function remove({ interface: name, pins }: Options, { print }: Context): Promise<void> {
  const { removeDecapsulator } = await import('../../lb/decap.ts')
  if (!removeDecapsulator(name, pins))
    throw new Refusal('missing', 'no-decap', `no decapsulator was left on ${name}`)
  print({ interface: name }, `${name} no longer decapsulates`)
}

async function decap(options: Options, command: Command): Promise<void> {
  const context = contextOf(command)
  if (options.remove) await remove(options, context)
  else await attach(options, context)
}

export function addDecap(program: Command): void {
  program
    .command('decap')
    .description("on a backend: take tunnels off, so that clients' packets reach the VIP on lo")
    .requiredOption('--interface <name>', 'where tunnels come in')
    .option(
      '--source <address>',
      'where tunnels may come from; repeat it for more',
      (address: string, all: readonly string[]) => [...all, address],
      [],
    )
    .addOption(
      new Option('--mode <mode>').choices(['auto', 'native', 'generic']).default('auto'),
    )
    .addOption(
      new Option('--geneve-port <port>', 'UDP port').argParser(port).default(GENEVE_PORT),
    )
    .option('--detach', 'leave it on the interface and end')
    .option('--remove', 'take off what --detach left')
    .option('--pins <folder>', 'where --detach leaves it, in a BPF file system', PINS)
    .addHelpText(
      'after',
      example(
        'weir decap --interface eth0 --source 192.0.2.1 --source 2001:db8::1',
        'weir decap --interface eth0 --source 192.0.2.1 --detach',
      ),
    )
    .action(decap)
}
