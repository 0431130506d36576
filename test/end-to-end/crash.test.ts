import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import type { Daemon } from '../../api/cli/daemon.ts'
import { Served } from './served.ts'

const POOLS = 20
/** From before the change is on disk to after it is in the kernel. */
const KILLED_AFTER_MS = [1, 5, 10, 15, 20, 30]

/** Backends of the round have a number of their own, and every pool has others and another size. */
function intentOf(round: number) {
  const backend = { address: `192.0.2.${10 + (round % 2)}` }
  const names = Array.from({ length: POOLS }, (_, at) => `pool-${at}`)
  return {
    pools: Object.fromEntries(
      names.map((name, at) => [
        name,
        {
          encapsulation: { type: 'gre' },
          rows: 256 << ((round + at) % 3),
          backends: { [`r${round}`]: backend, [`r${round}b`]: backend },
        },
      ]),
    ),
    vips: Object.fromEntries(
      names.map((name, at) => [
        name,
        {
          addresses: [`198.51.100.${at + 1}`],
          listeners: [{ protocol: 'tcp', port: 80 }],
          pool: name,
        },
      ]),
    ),
  }
}

interface Answer {
  readonly verdict: string
  readonly backend?: { readonly name: string }
}

/** What VIPs answer with that is none of these backends. */
async function strays(daemon: Daemon, names: ReadonlySet<string>): Promise<Answer[]> {
  const answers = await Promise.all(
    Array.from({ length: POOLS }, (_, at) => {
      const flow = `source=203.0.113.9:1024&destination=198.51.100.${at + 1}:80`
      return daemon.get<Answer>(`/v1/lookup?${flow}&protocol=tcp`)
    }),
  )
  return answers.filter(({ backend }) => !names.has(backend?.name ?? 'none'))
}

t.test('a change that a kill cuts short is there as a whole, or not at all', async t => {
  await using served = new Served()
  served.namespace.ip(
    'link add eth0 up type veth peer other',
    'link set other up',
    'address add 192.0.2.1/24 dev eth0',
    'neighbour add 192.0.2.10 lladdr 02:00:00:00:00:0a dev eth0 nud permanent',
    'neighbour add 192.0.2.11 lladdr 02:00:00:00:00:0b dev eth0 nud permanent',
  )
  let daemon = await served.start()
  await daemon.put('/v1/config', intentOf(0))

  let there = 0
  for (const [at, ms] of KILLED_AFTER_MS.entries()) {
    const asked = at + 1
    const change = daemon.put('/v1/config', intentOf(asked))
    const accepted = change.then(() => true).catch(() => false)
    await pause(ms)
    await served.kill()
    const mustBeThere = await accepted
    daemon = await served.start()

    const { pools } = await daemon.get<ReturnType<typeof intentOf>>('/v1/config')
    const names = new Set(Object.values(pools).flatMap(pool => Object.keys(pool.backends)))
    if (mustBeThere || names.has(`r${asked}`)) there = asked
    t.comment(`killed after ${ms} ms: ${there === asked ? 'there' : 'not there'}`)
    t.same([...names], [`r${there}`, `r${there}b`])
    t.same(await strays(daemon, names), [])
  }
})
