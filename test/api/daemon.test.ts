import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { onAppliance, web, www } from './appliance.ts'
import { folder, nodeFile, serving, shell } from './weir.ts'

/** The program on eth0, as the kernel tells it. */
function attached(): { readonly id: number; readonly name: string } | undefined {
  const [{ xdp }] = JSON.parse(execFileSync('ip', ['-json', 'link', 'show', 'eth0'], text))
  return xdp?.prog
}

const text = { encoding: 'utf8' } as const

const intent = JSON.stringify({ pools: { web }, vips: { www } })

/** A daemon, and commands to it that are done or refused. */
async function session(t: Test) {
  const directory = folder(t)
  const { path, socket } = nodeFile(t, directory)
  await serving(t, directory, path, socket)
  writeFileSync(`${directory}/intent.json`, intent)
  return {
    directory,
    socket,
    async done(words: string, says: RegExp, input = '') {
      const outcome = await shell(directory, words.split(' '), { socket, input })
      t.match(outcome, { status: 0, stdout: says, stderr: '' }, `weir ${words}`)
      return outcome.stdout
    },
    async refused(words: string, says: RegExp, input = '') {
      const outcome = await shell(directory, words.split(' '), { socket, input })
      t.match(outcome, { status: 1, stdout: '', stderr: says }, `weir ${words}`)
    },
  }
}

if (await onAppliance(t, import.meta.filename)) {
  t.test('what is there and what would be can be read by hand', async t => {
    const { directory, done, refused } = await session(t)
    t.equal(statSync(`${directory}/weir.sock`).mode & 0o777, 0o660)
    await done('plan -f intent.json', /^vip www added\npool web added\n/)
    await done('apply -f intent.json', /^revision 1: the configuration is as in the file\n$/)
    await done('plan -f intent.json', /^nothing would change\n$/)
    await done(
      'status',
      /^weir \S+ on Linux .* revision 1\n.*eth0 +native\n.*www +198.51.100.10/s,
    )
    await done(
      'get vips',
      /^VIP +ADDRESSES +LISTENERS +POOL +HEALTH\nwww +198.51.100.10 +tcp 80/,
    )
    await done('get pools', /^POOL +TUNNEL +BACKEND +ADDRESS .*\nweb +gre +b1 +10.0.0.11 +3 /)
    await done('get backends web', /^BACKEND.*\nb2 +10.0.0.12 +1 /s)
    await done('get', /^pools:\n {2}web:\n/)
    await done('get revisions', /^REVISION +TIME +CHANGE\n +1 +\d{4}-\S+ +PUT \/v1\/config\n$/)
    await done(
      'lookup 203.0.113.7:4 198.51.100.10:80 --syn',
      /^forwarded_syn: vip www takes it;/,
    )
    await done('lookup 203.0.113.7:4 198.51.100.11:80', /^pass_not_vip: /)
    await done('top --once', /^VIP +PACKETS\/S.*\nweb\/b1 /s)

    const json = JSON.parse(await done('get vip www --json', /^\{/))
    t.match(json, { ...www, status: { health: /up|down/ } })
    t.match(JSON.parse(await done('--json status', /^\{/)), { vips: { www: json } })
    await refused('get vip nobody', /^weir: there is no vip "nobody"; legal: www\n$/)
    await refused('--json get vip nobody', /^\{"type":"about:blank",.*"code":"unknown-vip"/)
    await refused(
      'lookup here 198.51.100.10:80',
      /^weir: refused, invalid-query\n {2}\/source: "here"/,
    )
  })

  t.test('everything can be changed by hand', async t => {
    const { done, refused } = await session(t)
    await done('apply -f -', /^revision 1: the configuration is as in the file\n$/, intent)
    const address = 'address: 10.0.0.13'
    await done('apply backend web/b3 -f -', /^revision 2: backend web\/b3 is created/, address)
    await done('apply backend web/b3 -f -', /is as in the file/, '{"address": "10.0.0.14"}')
    await done('drain web/b3', /^revision 4: backend web\/b3 is draining\n$/)
    await done('disable web/b3', /is disabled/)
    await done('enable web/b3', /is enabled/)
    await done('delete backend web/b3', /^revision 7: backend web\/b3 is deleted\n$/)
    await refused(
      'delete pool web',
      /^weir: refused, pool-in-use\n {2}\/vips\/www\/pool: pool web/,
    )
    await refused(
      'apply -f -',
      /invalid-intent\n {2}\/colour: .*legal: pools, vips\n$/,
      'colour: 1',
    )
  })

  t.test('rates are redrawn on a terminal until q is pressed', async t => {
    const { directory, socket } = await session(t)
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
    first.child.kill('SIGTERM')
    t.equal(await first.ended, 0)
    t.same(attached(), program)
    t.notOk(existsSync(`${directory}/weir.sock`))
    const log = (await first.log)
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
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
