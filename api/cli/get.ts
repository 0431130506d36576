/** `weir get`, `weir status`: what is configured and what became of it. */
import type { Command } from 'commander'
import type { BackendResource, PoolResource, VipResource } from '../present.ts'
import { contextOf, example, yaml } from './command.ts'
import { kindOf } from './kinds.ts'
import { duration, percent, table } from './table.ts'

type All<T> = Readonly<Record<string, T>>

const listeners = ({ listeners }: VipResource) =>
  listeners
    .map(({ protocol, port }) => (port === undefined ? protocol : `${protocol} ${port}`))
    .join(', ')

const localNote = ({ status: { local } }: VipResource) =>
  local.length > 0 ? `${local.join(', ')} also of this host: not balanced` : ''

function vipTable(vips: All<VipResource>): string {
  const rows = Object.entries(vips).map(([name, vip]) => [
    name,
    vip.addresses.join(', '),
    listeners(vip),
    vip.pool,
    vip.status.health,
    [vip.status.reason ?? '', localNote(vip)].filter(Boolean).join('; '),
  ])
  return table(['VIP', 'ADDRESSES', 'LISTENERS', 'POOL', 'HEALTH', ''], rows)
}

function backendRow(name: string, { address, weight, status }: BackendResource): string[] {
  const { effective, reason, share, nextHop } = status
  const way = nextHop ? `${nextHop.interface} via ${nextHop.mac}` : ''
  return [name, address, `${weight}`, effective, percent(share), reason ?? way]
}

const BACKEND_HEAD = ['BACKEND', 'ADDRESS', 'WEIGHT', 'STATE', 'SHARE', 'NEXT HOP']

const backendTable = (backends: All<BackendResource>) =>
  table(
    BACKEND_HEAD,
    Object.entries(backends).map(([name, backend]) => backendRow(name, backend)),
  )

function poolTable(pools: All<PoolResource>): string {
  const rows = Object.entries(pools).flatMap(([pool, { backends, encapsulation }]) =>
    Object.entries(backends).map(([name, backend], index) => [
      index === 0 ? pool : '',
      index === 0 ? encapsulation.type : '',
      ...backendRow(name, backend),
    ]),
  )
  const empty = Object.entries(pools)
    .filter(([, { backends }]) => Object.keys(backends).length === 0)
    .map(([pool, { encapsulation }]) => [pool, encapsulation.type, 'none'])
  return table(['POOL', 'TUNNEL', ...BACKEND_HEAD], [...rows, ...empty])
}

interface RevisionSummary {
  readonly number: number
  readonly time: string
  readonly summary: string
}

const revisionTable = (revisions: readonly RevisionSummary[]) =>
  table(
    ['REVISION', 'TIME', 'CHANGE'],
    revisions.map(({ number, time, summary }) => [`${number}`, time, summary]),
  )

/** Collections as tables; all else as YAML. */
function textOf(path: string, value: unknown): string {
  if (path === '/v1/vips') return vipTable(value as All<VipResource>)
  if (path === '/v1/pools') return poolTable(value as All<PoolResource>)
  if (path.endsWith('/backends')) return backendTable(value as All<BackendResource>)
  if (path === '/v1/revisions') return revisionTable(value as readonly RevisionSummary[])
  return yaml(value)
}

export interface NodeView {
  readonly version: string
  readonly kernel: string
  readonly uptime: number
  readonly revision: number
  readonly interfaces: readonly { interface: string; mode: string; warning?: string }[]
  readonly program: { name: string; tag: string; instructions: number; adopted: boolean }
}

function nodeText({ version, kernel, uptime, revision, program }: NodeView): string {
  const { name, tag, instructions, adopted } = program
  return [
    `weir ${version} on Linux ${kernel}, up ${duration(uptime)}, revision ${revision}`,
    `program ${name} ${tag}, ${instructions} instructions${adopted ? ', adopted' : ''}`,
  ].join('\n')
}

const interfaceTable = ({ interfaces }: NodeView) =>
  table(
    ['INTERFACE', 'MODE', ''],
    interfaces.map(({ interface: name, mode, warning = '' }) => [name, mode, warning]),
  )

async function status(_options: object, command: Command): Promise<void> {
  const { daemon, print } = contextOf(command)
  const [node, vips, pools] = await Promise.all([
    daemon.get<NodeView>('/v1/node'),
    daemon.get<All<VipResource>>('/v1/vips'),
    daemon.get<All<PoolResource>>('/v1/pools'),
  ])
  const parts = [nodeText(node), interfaceTable(node), vipTable(vips), poolTable(pools)]
  print({ node, vips, pools }, parts.join('\n\n'))
}

async function get(
  kind = 'config',
  name: string | undefined,
  _options: object,
  command: Command,
): Promise<void> {
  const { daemon, print } = contextOf(command)
  const path = kindOf(kind).pathOf(name)
  const value = await daemon.get(path)
  print(value, textOf(path, value))
}

export function addGet(program: Command): void {
  program
    .command('status')
    .description('show the node, its interfaces, VIPs, pools and backends')
    .addHelpText('after', example('weir status'))
    .action(status)
  program
    .command('get')
    .description('read a VIP, a pool, a backend, a revision, or the whole configuration')
    .argument('[kind]', 'vips, pools, backends, config, revisions, node or stats')
    .argument('[name]', 'of one; a backend is POOL/BACKEND')
    .addHelpText(
      'after',
      example('weir get vips', 'weir get backend web/b1', 'weir get config > intent.yaml'),
    )
    .action(get)
}
