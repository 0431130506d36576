import { writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { listen } from '../../api/listen.ts'
import { newNode, onAppliance, start, web, www } from './appliance.ts'
import { folder, typed } from './weir.ts'

const INTENT = JSON.stringify({ pools: { web }, vips: { www } })

/** A daemon, and commands to it that are done or refused. */
async function session(t: Test) {
  const directory = folder(t)
  const socket = `${directory}/weir.sock`
  const appliance = await start(newNode(t))
  await listen(appliance.app, [{ path: socket }])
  const type = (words: string) => typed('--socket', `unix:${socket}`, ...words.split(' '))
  let files = 0
  return {
    /** The name of a file that says this. */
    file(content: string) {
      const path = `${directory}/${files++}`
      writeFileSync(path, content)
      return path
    },
    async done(words: string, says: RegExp) {
      const outcome = await type(words)
      t.match(outcome, { status: 0, stdout: says, stderr: '' }, `weir ${words}`)
      return outcome.stdout
    },
    async refused(words: string, says: RegExp) {
      t.match(await type(words), { status: 1, stdout: '', stderr: says }, `weir ${words}`)
    },
    [Symbol.asyncDispose]: () => appliance[Symbol.asyncDispose](),
  }
}

if (await onAppliance(t, import.meta.filename)) {
  t.test('what is there and what would be can be read by hand', async t => {
    await using served = await session(t)
    const { done, refused, file } = served
    const intent = file(INTENT)
    await done(`plan -f ${intent}`, /^vip www added\npool web added\n/)
    await done(`apply -f ${intent}`, /^revision 1: the configuration is as in the file\n$/)
    await done(`plan -f ${intent}`, /^nothing would change\n$/)
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
    await using served = await session(t)
    const { done, refused, file } = served
    await done(
      `apply -f ${file(INTENT)}`,
      /^revision 1: the configuration is as in the file\n$/,
    )
    const b3 = file('address: 10.0.0.13')
    const moved = file('{"address": "10.0.0.14"}')
    await done(`apply backend web/b3 -f ${b3}`, /^revision 2: backend web\/b3 is created/)
    await done(`apply backend web/b3 -f ${moved}`, /is as in the file/)
    await done('drain web/b3', /^revision 4: backend web\/b3 is draining\n$/)
    await done('disable web/b3', /is disabled/)
    await done('enable web/b3', /is enabled/)
    await done('delete backend web/b3', /^revision 7: backend web\/b3 is deleted\n$/)
    await refused(
      'delete pool web',
      /^weir: refused, pool-in-use\n {2}\/vips\/www\/pool: pool web/,
    )
    const bad = file('colour: 1')
    await refused(`apply -f ${bad}`, /invalid-intent\n {2}\/colour: .*legal: pools, vips\n$/)
  })
}
