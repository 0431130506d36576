import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import t from 'tap'
import { onAppliance } from './appliance.ts'
import { folder, run, shell } from './weir.ts'

/** The name of the program on eth0, as the kernel tells it. */
function attached(): string | undefined {
  const shown = execFileSync('ip', ['-json', 'link', 'show', 'eth0'], { encoding: 'utf8' })
  const [{ xdp }] = JSON.parse(shown)
  return xdp?.prog?.name
}

/** Makes the router answer: it has no such port. */
async function ask(): Promise<void> {
  const socket = createSocket('udp4')
  socket.send('anybody there?', 9, '192.0.2.1')
  await once(socket, 'listening')
  socket.close()
}

const PINS = `/sys/fs/bpf/weir-test-decap-${process.pid}`
const DECAP = ['decap', '--interface', 'eth0', '--pins', PINS]
const SOURCES = ['--source', '198.51.100.1', '--source', '2001:db8::1']

if (await onAppliance(t, import.meta.filename)) {
  t.test('it decapsulates and counts until Ctrl-C, and is gone then', async t => {
    const directory = folder(t)
    const { child, ended } = run(t, directory, [...DECAP, ...SOURCES])
    const lines = createInterface({ input: child.stdout ?? process.stdin })[
      Symbol.asyncIterator
    ]()
    const { value: first } = await lines.next()
    t.equal(first, 'decapsulating on eth0 in native mode, from 198.51.100.1, 2001:db8::1')
    t.equal(attached(), 'decapsulate')
    await ask()
    const { value: counts } = await lines.next()
    t.match(counts, /^pass_not_\w+ \d+/)
    child.kill('SIGINT')
    t.equal(await ended, 0)
    t.equal(attached(), undefined)
  })

  t.test('with --detach it stays, until --remove', async t => {
    const directory = folder(t)
    const remove = () => shell(directory, [...DECAP, '--remove'])
    t.teardown(remove)
    const detach = [...DECAP, ...SOURCES, '--detach']
    t.match(await shell(directory, detach), { status: 0, stdout: /^decapsulating on eth0/ })
    t.equal(attached(), 'decapsulate')
    t.match(await shell(directory, detach), {
      status: 1,
      stderr: /is on eth0 already; to take it off: weir decap --interface eth0 --remove/,
    })
    t.match(await remove(), { status: 0, stdout: 'eth0 no longer decapsulates\n' })
    t.equal(attached(), undefined)
    t.match(await remove(), { status: 1, stderr: 'weir: no decapsulator was left on eth0\n' })
  })

  t.test('generic mode is taken where it is asked for', async t => {
    const directory = folder(t)
    const words = [...DECAP, ...SOURCES, '--mode', 'generic', '--json']
    const { child, ended } = run(t, directory, words)
    const [chunk] = await once(child.stdout ?? process.stdin, 'data')
    t.match(JSON.parse(String(chunk)), { interface: 'eth0', mode: 'generic' })
    child.kill('SIGTERM')
    t.equal(await ended, 0)
  })
}
