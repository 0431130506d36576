import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { onAppliance, web } from './appliance.ts'
import { folder, nodeFile, serving, shell } from './weir.ts'

/** The program on eth0, as the kernel tells it. */
function attached(): { readonly id: number; readonly name: string } | undefined {
  const [{ xdp }] = JSON.parse(execFileSync('ip', ['-json', 'link', 'show', 'eth0'], text))
  return xdp?.prog
}

const text = { encoding: 'utf8' } as const

if (await onAppliance(t, import.meta.filename)) {
  t.test('rates are redrawn on a terminal until q is pressed', async t => {
    const directory = folder(t)
    const { path, socket } = nodeFile(t, directory)
    await serving(t, directory, path, socket)
    t.equal(statSync(`${directory}/weir.sock`).mode & 0o777, 0o660)
    const top = spawn('script', [
      '-qec',
      `${directory}/weir --socket ${socket} top`,
      '/dev/null',
    ])
    t.teardown(() => top.kill('SIGKILL'))
    top.stdin.on('error', () => undefined)
    const ended = once(top, 'exit')
    let screen = ''
    for await (const part of top.stdout) {
      if (screen.includes('q ends')) top.stdin.end('q')
      screen += part
    }
    t.same(await ended, [0, null])
    const [before, picture = '', after] = screen.split(/\?1049[hl]/)
    t.same([before, after], ['\x1b[', ''], 'the screen is as it was')
    t.match(picture, /q ends.*VIP +PACKETS\/S/s)
  })

  t.test('a daemon that ends leaves the data plane, and the next one takes it up', async t => {
    const directory = folder(t)
    const { path, socket } = nodeFile(t, directory)
    const first = await serving(t, directory, path, socket)
    await shell(directory, ['apply', '-f', '-'], {
      socket,
      input: JSON.stringify({ pools: { web } }),
    })
    const program = attached()
    t.equal(program?.name, 'load_balance')

    first.child.kill('SIGHUP')
    while (!first.log.some(line => line.includes('SIGHUP'))) await pause(10)
    first.child.kill('SIGTERM')
    t.equal(await first.ended, 0)
    t.same(attached(), program)
    t.notOk(existsSync(`${directory}/weir.sock`))
    const log = first.log.map(line => JSON.parse(line))
    t.match(log, [
      { msg: 'attached', interface: 'eth0', mode: 'native' },
      { msg: 'serving', revision: 0 },
      { msg: 'request', method: 'PUT', url: '/v1/config', status: 200 },
      { msg: /^SIGHUP is ignored/ },
      { msg: /^stopping; the data plane goes on/, signal: 'SIGTERM' },
    ])

    const second = await serving(t, directory, path, socket)
    t.same(attached(), program)
    const { stdout } = await shell(directory, ['status'], { socket })
    t.match(stdout, /revision 1\nprogram load_balance .*, adopted\n/)
    second.child.kill('SIGKILL')
    await second.ended
    await serving(t, directory, path, socket)
    t.match(await shell(directory, ['status'], { socket }), { status: 0 }, 'after SIGKILL too')
  })

  t.test('a second daemon is refused, and disturbs nothing', async t => {
    const directory = folder(t)
    const { path, socket, node } = nodeFile(t, directory)
    await serving(t, directory, path, socket)
    const program = attached()
    const refused = async (changes: object, says: RegExp) =>
      t.match(
        await shell(directory, ['serve', '--config', nodeFile(t, directory, changes).path]),
        {
          status: 1,
          stderr: says,
        },
      )
    await refused({}, /^weir: another daemon answers at .*weir\.sock\n$/)
    const listen = [`unix:${directory}/other.sock`]
    await refused(
      { store: node.store, listen },
      /^weir: .* is in use by process \d+; legal: one daemon/,
    )
    t.match(await shell(directory, ['status'], { socket }), { status: 0 })
    t.same(attached(), program)
  })
}
