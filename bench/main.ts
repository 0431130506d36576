/** `npm run bench -- WHAT`: measures, and says which bars hold. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Case, Options } from './case.ts'
import { chart } from './chart.ts'
import { daemon } from './daemon.ts'
import { describeMachine, machine } from './machine.ts'
import { program, programRecord } from './program.ts'
import { rows } from './rows.ts'
import { table } from './table.ts'
import { wire, wireRecord } from './wire.ts'

interface Benchmark {
  readonly heading: string
  measure(options: Options): Promise<readonly Case[]>
  /** What --json says of a case, unless all of it. */
  record?(measured: Case): object
}

const benchmarks: Readonly<Record<string, Benchmark>> = {
  program: {
    heading: 'Nanoseconds for a packet, above the floor; by case and number of flows',
    measure: program,
    record: programRecord,
  },
  wire: {
    heading: 'Packets per second, as a share of what an empty program sends back',
    measure: wire,
    record: wireRecord,
  },
  rows: { heading: 'Rows of a pool', measure: rows },
  daemon: { heading: 'The daemon: start, memory, changes', measure: daemon },
}

const USAGE = `npm run bench -- ${Object.keys(benchmarks).join(' | ')} [options]
  --json          print one JSON object instead of a table
  --case NAME     measure this case alone
  --rounds N      rounds of each case, 9 or more for a figure to count
  --object FILE   measure another build of the program
  --save FOLDER   write WHAT.json and WHAT.svg there`

/** Only cases of one unit can share a scale. */
const canBeDrawn = (cases: readonly Case[]) => new Set(cases.map(({ unit }) => unit)).size === 1

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      case: { type: 'string' },
      rounds: { type: 'string', default: '21' },
      object: { type: 'string' },
      save: { type: 'string' },
    },
  })
  const [name = ''] = positionals
  const benchmark = benchmarks[name]
  if (!benchmark) throw new Error(USAGE)

  const { heading, measure, record = measured => measured } = benchmark
  const rounds = Number(values.rounds)
  const cases = await measure({ rounds, only: values.case, elf: values.object })
  const json = `${JSON.stringify({ machine, cases: cases.map(record) }, undefined, 2)}\n`

  console.log(values.json ? json : `${describeMachine()}\n\n${table(cases)}`)
  if (!values.save) return
  mkdirSync(values.save, { recursive: true })
  writeFileSync(join(values.save, `${name}.json`), json)
  if (canBeDrawn(cases))
    writeFileSync(join(values.save, `${name}.svg`), chart(cases, heading, describeMachine()))
}

await main().catch((error: Error) => {
  console.error(error.message)
  process.exitCode = 1
})
