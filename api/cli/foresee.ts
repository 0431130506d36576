/** `weir plan`, `weir lookup`: what would happen. Nothing is written. */
import { type Command, Option } from 'commander'
import type { Plan, PoolPlan } from '../../lb/plan.ts'
import { contextOf, example, readDocument } from './command.ts'
import { percent, table } from './table.ts'

function poolText({ pool, change, rows, moved, shares }: PoolPlan): string {
  const moves =
    change === 'changed' ? `, ${moved} of ${rows} rows move (${percent(moved / rows)})` : ''
  const parts = table(
    ['  BACKEND', 'BEFORE', 'AFTER'],
    shares.map(({ backend, before, after }) => [
      `  ${backend}`,
      percent(before),
      percent(after),
    ]),
  )
  return `pool ${pool} ${change}${moves}\n${shares.length > 0 ? parts : '  no backends'}`
}

function planText({ vips, pools }: Plan): string {
  if (vips.length + pools.length === 0) return 'nothing would change'
  return [
    ...vips.map(({ vip, change }) => `vip ${vip} ${change}`),
    ...pools.map(poolText),
  ].join('\n')
}

async function plan({ file }: { readonly file: string }, command: Command): Promise<void> {
  const { daemon, print } = contextOf(command)
  const { body } = await daemon.send<Plan>('POST', '/v1/plan', readDocument(file))
  print(body, planText(body))
}

interface LookupAnswer {
  readonly verdict: string
  readonly reason: string
}

async function lookup(
  source: string,
  destination: string,
  { protocol, syn }: { readonly protocol: string; readonly syn?: true },
  command: Command,
): Promise<void> {
  const { daemon, print } = contextOf(command)
  const flags = syn ? { flags: 'syn' } : {}
  const query = new URLSearchParams({ source, destination, protocol, ...flags })
  const answer = await daemon.get<LookupAnswer>(`/v1/lookup?${query}`)
  print(answer, `${answer.verdict}: ${answer.reason}`)
}

export function addForesee(program: Command): void {
  program
    .command('plan')
    .description(
      'show what applying a file would change, and which part of the flows would move',
    )
    .requiredOption('-f, --file <file>', 'YAML or JSON; - is the standard input')
    .addHelpText('after', example('weir plan -f intent.yaml'))
    .action(plan)
  program
    .command('lookup')
    .description('ask the running program which backend a flow gets, and why')
    .argument('<source>', 'ADDRESS:PORT or [ADDRESS]:PORT')
    .argument('<destination>', 'ADDRESS:PORT or [ADDRESS]:PORT')
    .addOption(new Option('--protocol <name>').choices(['tcp', 'udp']).default('tcp'))
    .option('--syn', 'ask with the packet that opens a connection')
    .addHelpText('after', example('weir lookup 192.0.2.7:40000 198.51.100.10:80 --syn'))
    .action(lookup)
}
