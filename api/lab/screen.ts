/** The lab's live table: who answered whom, and what the appliance counted meanwhile. */
import { isIPv4 } from 'node:net'
import type { Outcome } from './client.ts'
import { VIPS } from './intent.ts'
import { BACKENDS } from './network.ts'

/** What the appliance says of itself, from its REST interface and its kernel. */
export interface Counts {
  readonly byBackend: ReadonlyMap<string, number>
  readonly verdicts: Readonly<Record<string, number>>
  /** Packets that its kernel forwarded: the way that a reply would take if it came through. */
  readonly repliesSeen: number
}

interface Line {
  readonly label: string
  readonly answers: Map<string, number>
  failed: number
}

const WIDTH = { label: 18, number: 10 } as const

const names = BACKENDS.map(({ name }) => name)
const sum = (numbers: Iterable<number>) =>
  Iterator.from(numbers).reduce((all, one) => all + one, 0)

/** Requests by URL and by who answered them. */
export class Tally {
  readonly #lines: ReadonlyMap<string, Line>

  constructor() {
    const line = (label: string): Line => ({ label, answers: new Map(), failed: 0 })
    this.#lines = new Map(
      VIPS.flatMap(({ name, ipv4, ipv6 }) => [
        [`http://${ipv4}/`, line(`${name}, IPv4`)],
        [`http://[${ipv6}]/`, line(`${name}, IPv6`)],
      ]),
    )
  }

  get urls(): readonly string[] {
    return [...this.#lines.keys()]
  }

  add({ url, backend, error }: Outcome): void {
    const line = this.#lines.get(url)
    if (!line) throw new Error(`nobody asked for ${url}`)
    if (backend) line.answers.set(backend, (line.answers.get(backend) ?? 0) + 1)
    if (error) line.failed++
  }

  get lines(): readonly Readonly<Line>[] {
    return [...this.#lines.values()]
  }

  get answered(): number {
    return sum(this.lines.map(({ answers }) => sum(answers.values())))
  }

  get failed(): number {
    return sum(this.lines.map(({ failed }) => failed))
  }
}

const text = (value: number) => value.toLocaleString('en')
const cell = (value: number | string) =>
  (typeof value === 'number' ? text(value) : value).padStart(WIDTH.number)
const row = (label: string, ...cells: readonly (number | string)[]) =>
  label.padEnd(WIDTH.label) + cells.map(cell).join('')

function requestTable(tally: Tally): string[] {
  const over = BACKENDS.map(({ tunnel }) => (isIPv4(tunnel) ? 'IPv4' : 'IPv6'))
  return [
    row('', 'answered', 'failed', ...names),
    row('tunnel over', '', '', ...over),
    ...tally.lines.map(({ label, answers, failed }) =>
      row(label, sum(answers.values()), failed, ...names.map(name => answers.get(name) ?? 0)),
    ),
  ]
}

function packetTable({ byBackend, verdicts, repliesSeen }: Counts, rate: number): string[] {
  const packets = names.map(name => byBackend.get(name) ?? 0)
  const counted = Object.entries(verdicts).filter(([, count]) => count > 0)
  return [
    row('packets forwarded', sum(packets), '', ...packets),
    row('packets a second', rate),
    '',
    'verdicts of the program',
    ...counted.map(([name, count]) => row(`  ${name}`, count)),
    '',
    `${row('replies seen', repliesSeen)}  by the appliance: backends answer clients directly`,
  ]
}

export const screen = (tally: Tally, counts: Counts, rate: number): string[] => [
  ...requestTable(tally),
  '',
  ...packetTable(counts, rate),
]

/** For a terminal that is none, and for the end: one line. */
export function summary(tally: Tally, { byBackend, repliesSeen }: Counts): string {
  const packets = sum(byBackend.values())
  return `${text(tally.answered)} requests answered, ${text(tally.failed)} failed; ${text(packets)} packets forwarded, ${text(repliesSeen)} replies seen by the appliance`
}
