/** The benchmark measures what it says, at the size of a test. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'

const main = new URL('../../bench/main.ts', import.meta.url).pathname
const bench = (...words: readonly string[]) =>
  promisify(execFile)(process.execPath, [main, ...words, '--rounds', '1'])

const skip = process.getuid?.() === 0 ? false : 'needs root'

t.test('every packet of a measured case takes the path that it is about', { skip }, async t => {
  const { stdout } = await bench('program', '--json', '--case', 'syn4-gre4')
  const { machine, cases } = JSON.parse(stdout)
  t.match(machine, { cpu: String, cores: Number, kernel: String })
  t.match(cases, [
    {
      case: 'syn4-gre4',
      flows: 2 ** 20,
      netNs: Number,
      floorNs: Number,
      minNs: Number,
      maxNs: Number,
      rounds: 1,
    },
  ])
})

t.test('every packet on the wire comes back', { skip }, async t => {
  const { stdout } = await bench('wire', '--json')
  t.match(JSON.parse(stdout).cases, [
    { case: 'tcp4-gre4', flows: 1, mpps: Number, shareOfTx: Number },
    { case: 'tcp4-gre4', flows: 2 ** 16, mpps: Number, shareOfTx: Number },
    { case: 'tcp4-gre4', flows: 2 ** 20, mpps: Number, shareOfTx: Number },
  ])
})

t.test('a case that does not exist is an error that names those that do', async t => {
  await t.rejects(bench('program', '--case', 'tcp5'), {
    code: 1,
    stderr: /no case tcp5: pass, tcp4-gre4/,
  })
})
