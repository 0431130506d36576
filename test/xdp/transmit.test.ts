/** Where a packet goes once its VIP is known: to a backend by some interface, or nowhere. */
import t from 'tap'
import { noHeader } from '../../lb/header/build.ts'
import { ACK, FIN, RST, SYN, TCP, tcp, text, UDP, udp } from '../packet.ts'
import { balancing, type Outcome } from './balancing.ts'
import { type Family, families, headerOver, IPV4, IPV6, plainGre } from './network.ts'
import { arriving, forwarded, plain, plainHeader } from './plain.ts'
import type { Setup } from './setup.ts'

const query = ({ ip, client, vip }: Family) => [
  ip(client, vip, UDP),
  udp(5000, 53),
  text('query'),
]

/** Not the interface that test runs arrive by. */
const OTHER = 77
const beyond = headerOver(IPV4, plainGre, { egress: OTHER })

const refusals: readonly { readonly name: string; readonly setup: Setup; verdict: string }[] = [
  {
    name: 'a row without a backend',
    setup: { ...plain, rows: [0] },
    verdict: 'drop_no_backend',
  },
  {
    name: 'a backend whose next hop was never resolved',
    setup: { ...plain, headers: [noHeader] },
    verdict: 'drop_no_next_hop',
  },
  {
    name: 'an interface that takes no redirected packets',
    setup: { ...plain, headers: [beyond], egress: [OTHER + 1] },
    verdict: 'drop_no_egress',
  },
]

for (const { name, setup, verdict } of refusals)
  t.test(`${name} is a reason to drop`, async t => {
    using program = await balancing(setup)
    for (const family of families)
      t.same(
        await program.run(arriving(...query(family))),
        { action: 'drop', verdict },
        family.name,
      )
  })

t.test('a packet leaves by the interface of its backend', async t => {
  using program = await balancing({ ...plain, headers: [beyond], egress: [OTHER] })
  for (const family of families) {
    const layers = query(family)
    t.same(
      await program.run(arriving(...layers)),
      forwarded(family, layers, { action: 'redirect' }),
      family.name,
    )
  }
})

t.test('each row has its own backend', async t => {
  const rows = [1, 2, 3, 0]
  using program = await balancing({
    ...plain,
    headers: [plainHeader, beyond, noHeader],
    rows,
    egress: [OTHER],
  })
  /** By backend. */
  const outcomes: readonly Partial<Outcome>[] = [
    { action: 'drop', verdict: 'drop_no_backend' },
    { action: 'tx', verdict: 'forwarded', backend: 1 },
    { action: 'redirect', verdict: 'forwarded', backend: 2 },
    { action: 'drop', verdict: 'drop_no_next_hop' },
  ]
  for (const { ip, client, vip } of families) {
    const seen = new Set<string>()
    for (let port = 1; port <= 64; port++) {
      const frame = arriving(ip(client, vip, UDP), udp(port, 53))
      const { backend: chosen } = await program.ask(frame)
      const { action, verdict, backend } = await program.run(frame)
      t.has({ action, verdict, backend }, outcomes[chosen])
      seen.add(verdict + action)
    }
    t.equal(seen.size, rows.length, 'every row was met')
  }
})

t.test('the header in use is the one that is selected', async t => {
  for (const selected of [0, 1] as const) {
    using program = await balancing({ ...plain, selected })
    const layers = query(IPV4)
    t.same(await program.run(arriving(...layers)), forwarded(IPV4, layers), `${selected}`)
  }
})

t.test('what comes from our own tunnels has been here before', async t => {
  using program = await balancing({ ...plain, sources: [IPV4.node, IPV6.node] })
  for (const { ip, node, vip, elsewhere, name } of families) {
    const looping = [ip(node, vip, UDP), udp(5000, 53)]
    t.same(
      await program.run(arriving(...looping)),
      { action: 'drop', verdict: 'drop_loop' },
      name,
    )
    const passing = arriving(ip(node, elsewhere, UDP), udp(5000, 53))
    t.same(
      await program.run(passing),
      { action: 'pass', verdict: 'pass_not_vip', packet: passing },
      name,
    )
  }
})

t.test('a SYN without ACK, RST or FIN opens a connection', async t => {
  using program = await balancing(plain)
  for (const family of families)
    for (let flags = 0; flags < 256; flags++) {
      const opens = flags & SYN && !(flags & (ACK | RST | FIN))
      const layers = [family.ip(family.client, family.vip, TCP), tcp(40000, 80, { flags })]
      t.same(
        await program.run(arriving(...layers)),
        forwarded(family, layers, { verdict: opens ? 'forwarded_syn' : 'forwarded' }),
        `${family.name}, flags ${flags}`,
      )
    }
})
