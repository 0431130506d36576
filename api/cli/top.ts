/** `weir top`: rates by VIP, backend and verdict, redrawn every second. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Command } from 'commander'
import { contextOf, example } from './command.ts'
import type { Daemon } from './daemon.ts'
import { Rates, type Stats } from './rates.ts'
import { short, table } from './table.ts'

const REFRESH_MS = 1000
const BITS = 8

const ENTER = '\x1b[?1049h\x1b[?25l'
const LEAVE = '\x1b[?25h\x1b[?1049l'
const REDRAW = '\x1b[H\x1b[J'
const CTRL_C = '\x03'

const perSecond = (rates: Rates, name: string) => short(rates.rate(name))
const bits = (rates: Rates, name: string) => short(rates.rate(name) * BITS)

function vipTable({ vips }: Stats, rates: Rates): string {
  const rows = vips.map(({ vip, packets }) => {
    const of = `vip/${vip}`
    return [
      vip,
      perSecond(rates, `${of}/packets`),
      bits(rates, `${of}/bytes`),
      perSecond(rates, `${of}/newFlows`),
      short(packets),
      rates.sparkline(`${of}/packets`),
    ]
  })
  return table(['VIP', 'PACKETS/S', 'BIT/S', 'NEW/S', 'PACKETS', ''], rows)
}

function backendTable({ backends }: Stats, rates: Rates): string {
  const rows = backends.map(({ pool, backend, packets }) => {
    const of = `backend/${pool}/${backend}`
    return [
      `${pool}/${backend}`,
      perSecond(rates, `${of}/packets`),
      bits(rates, `${of}/bytes`),
      perSecond(rates, `${of}/strayPackets`),
      short(packets),
      rates.sparkline(`${of}/packets`),
    ]
  })
  return table(['BACKEND', 'PACKETS/S', 'BIT/S', 'STRAY/S', 'PACKETS', ''], rows)
}

/** Verdicts that never occurred say nothing. */
function verdictTable({ verdicts }: Stats, rates: Rates): string {
  const rows = Object.entries(verdicts)
    .filter(([, packets]) => packets > 0)
    .map(([verdict, packets]) => {
      const of = `verdict/${verdict}`
      return [verdict, perSecond(rates, of), short(packets), rates.sparkline(of)]
    })
  return table(['VERDICT', 'PACKETS/S', 'PACKETS', ''], rows)
}

const picture = (stats: Stats, rates: Rates) =>
  [vipTable, backendTable, verdictTable].map(part => part(stats, rates)).join('\n\n')

/** Resolves the signal when q or Ctrl-C is pressed, or the terminal goes. */
function untilKey(): AbortController {
  const controller = new AbortController()
  process.stdin.setRawMode(true)
  process.stdin.on('data', keys => {
    if (/[qQ]/.test(String(keys)) || String(keys).includes(CTRL_C)) controller.abort()
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => controller.abort())
  return controller
}

async function watch(daemon: Daemon, rates: Rates, signal: AbortSignal): Promise<void> {
  for (;;) {
    await pause(REFRESH_MS, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return
    const stats = await daemon.get<Stats>('/v1/stats')
    rates.next(stats)
    process.stdout.write(`${REDRAW}${stats.time}  q ends\n\n${picture(stats, rates)}\n`)
  }
}

async function top({ once }: { readonly once?: true }, command: Command): Promise<void> {
  const { daemon, isJson, print } = contextOf(command)
  const rates = new Rates(await daemon.get<Stats>('/v1/stats'))
  if (once || isJson || !process.stdout.isTTY || !process.stdin.isTTY) {
    await pause(REFRESH_MS)
    const stats = await daemon.get<Stats>('/v1/stats')
    rates.next(stats)
    print(stats, picture(stats, rates))
    return
  }
  const controller = untilKey()
  process.stdout.write(ENTER)
  try {
    await watch(daemon, rates, controller.signal)
  } finally {
    process.stdout.write(LEAVE)
    process.stdin.setRawMode(false).pause()
  }
}

export function addTop(program: Command): void {
  program
    .command('top')
    .description('watch rates by VIP, backend and verdict; q ends')
    .option('--once', 'print them once, over a second')
    .addHelpText('after', example('weir top', 'weir top --once'))
    .action(top)
}
