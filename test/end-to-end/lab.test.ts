import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import t, { type Test } from 'tap'
import { LAB, RunningLab } from './running-lab.ts'

const REST_PORT = 9470
const ENOUGH = 400
const LINES = ['http-gre, IPv4', 'http-gre, IPv6', 'http-geneve, IPv4', 'http-geneve, IPv6']

/** By label: the numbers of a line of the last table. */
function numbersOf(output: string): Map<string, number[]> {
  const rows = output.split('\n').map(line => /^(.{2,}?) {2,}(\d.*)$/.exec(line.trim()))
  return new Map(
    rows.flatMap(row => {
      const [, label, cells] = row ?? []
      if (!label || !cells) return []
      return [[label, cells.replaceAll(',', '').match(/\d+/g)?.map(Number) ?? []]]
    }),
  )
}

const answered = (output: string) =>
  Number([...output.matchAll(/^([\d,]+) requests/gm)].at(-1)?.[1]?.replaceAll(',', '') ?? 0)

/** Every backend answered clients of both families, by both tunnels; and nobody waited in vain. */
function checkTable(t: Test, output: string): void {
  const numbers = numbersOf(output)
  for (const label of LINES) {
    const [all = 0, failed, ...byBackend] = numbers.get(label) ?? []
    t.equal(failed, 0, `${label}: failed`)
    t.equal(byBackend.length, 4)
    for (const count of byBackend) t.ok(count > 0, `${label}: ${byBackend}`)
    t.equal(
      byBackend.reduce((sum, count) => sum + count, 0),
      all,
    )
  }
  t.same(numbers.get('replies seen')?.slice(0, 1), [0], 'replies go to the client directly')
}

t.test('requests reach all backends, until SIGINT leaves nothing behind', async t => {
  const taken = createServer()
    .listen(REST_PORT, '127.0.0.1')
    .on('error', () => undefined)
  t.teardown(() => taken.close())
  const lab = new RunningLab(t)
  await lab.until(output => answered(output) > ENOUGH)

  const [, rest] = /^REST +(\S+)\/docs/m.exec(lab.output) ?? []
  t.match(lab.output, `port ${REST_PORT} is taken`)
  const stats = await (await fetch(`${rest}/v1/stats`)).json()
  t.match(stats, { vips: [{ vip: 'http-gre' }, { vip: 'http-geneve' }] })
  t.equal(
    (await fetch(`${rest}/v1/vips`, { headers: { origin: 'http://evil.example' } })).status,
    403,
  )
  t.ok(lab.traces().length > 10, lab.traces().join(' '))

  lab.child.kill('SIGINT')
  t.equal(await lab.end(), 0, lab.output)
  checkTable(t, lab.output)
  t.same(lab.traces(), [])
})

t.test('on a terminal it draws in place, and Ctrl-C leaves nothing behind', async t => {
  // A shell in between would end by the Ctrl-C itself.
  const command = `exec ${LAB.join(' ')}`
  const script = ['script', '--quiet', '--return', '--command', command, '/dev/null']
  const lab = new RunningLab(t, script)
  await lab.until(output => output.split('\x1b[H').length > 3)
  t.ok(lab.traces().length > 10)
  // Twice: nobody who is impatient shall be left with half of it.
  lab.child.stdin?.write('\x03')
  lab.child.stdin?.write('\x03')
  t.equal(await lab.end(), 0, lab.output)
  const [before, drawn, after] = lab.output.split(/.\[\?1049[hl]/)
  t.match(before, 'starting')
  t.notMatch(drawn, '\x1b[2J', 'nothing is erased before it is drawn over')
  checkTable(t, after ?? '')
  t.same(lab.traces(), [])
})

t.test('SIGTERM while it starts leaves nothing behind', async t => {
  const lab = new RunningLab(t)
  await lab.until(output => output.includes('starting'))
  t.ok(lab.traces().length > 5)
  lab.child.kill('SIGTERM')
  t.equal(await lab.end(), 0, lab.output)
  t.same(lab.traces(), [])
})

t.test('a reader who goes away leaves nothing behind', async t => {
  const lab = new RunningLab(t, ['sh', '-c', `${LAB.join(' ')} | head -n1`])
  await lab.until(output => output.startsWith('building'))
  t.ok(lab.traces().length > 0)
  await lab.end()
  t.same(lab.traces(), [])
})

t.test('a start that fails half-way leaves nothing behind', async t => {
  const folder = mkdtempSync(`${tmpdir()}/weir-test-`)
  t.teardown(() => rmSync(folder, { recursive: true }))
  writeFileSync(`${folder}/setpriv`, '#!/bin/sh\necho no privileges >&2; exit 1\n')
  chmodSync(`${folder}/setpriv`, 0o755)
  const lab = new RunningLab(t, LAB, `${folder}:${process.env['PATH']}`)
  t.equal(await lab.end(), 1)
  t.match(lab.output, 'starting')
  t.match(lab.output, /^weir: the .*no privileges$/ms)
  t.notMatch(lab.output, / at .*:\d+/, 'a sentence, not a stack')
  t.same(lab.traces(), [])
})
