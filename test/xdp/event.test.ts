/** The daemon hears of the first drop of each kind, and not of the flood behind it. */
import t from 'tap'
import { possibleCpus, Ring } from '../../native/index.ts'
import { event, type Verdict } from '../../xdp/layout.ts'
import { UDP, udp } from '../packet.ts'
import { balancing } from './balancing.ts'
import { verdictAt } from './counters.ts'
import { IPV4 } from './network.ts'
import { arriving, plain } from './plain.ts'

const { client, vip, elsewhere } = IPV4
const noBackend = arriving(IPV4.ip(client, vip, UDP), udp(5000, 53))
const expired = arriving(IPV4.ip(client, vip, UDP, { ttl: 0 }), udp(5000, 53))
const wrong = arriving(IPV4.ip(client, vip, UDP, { version: 6 }), udp(5000, 53))
const passing = arriving(IPV4.ip(client, elsewhere, UDP), udp(5000, 53))

t.test('the first drop of a kind on each CPU is an event', async t => {
  using program = await balancing({ ...plain, rows: [0] })
  const heard: { readonly verdict: Verdict; readonly vip: number; readonly time: bigint }[] = []
  const last = Promise.withResolvers<void>()
  using _ring = new Ring(program.events, record => {
    const { verdict, vip, time } = event.unpack(record)
    heard.push({ verdict: verdictAt(verdict), vip, time })
    if (verdictAt(verdict) === 'drop_no_backend') last.resolve()
  })

  for (let i = 0; i < 100; i++) {
    await program.ask(wrong)
    await program.run(passing)
    await program.run(expired)
  }
  for (let i = 0; i < 100; i++) await program.run(noBackend)
  await last.promise

  const kinds = heard.map(({ verdict, vip }) => `${verdict} at VIP ${vip}`)
  t.same(new Set(kinds), new Set(['drop_ttl_zero at VIP 0', 'drop_no_backend at VIP 1']))
  t.ok(kinds.length <= 2 * possibleCpus, `${kinds.length} events`)
  t.ok(
    heard.every(({ time }, at) => time > (heard[at - 1]?.time ?? 0n)),
    'in order of time',
  )
})
