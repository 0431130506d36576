import { createInterface } from 'node:readline'
import t from 'tap'
import type { Outcome } from '../../api/lab/client.ts'
import { intent } from '../../api/lab/intent.ts'
import { Bed, urlOf } from './bed.ts'

const CLIENT = `${import.meta.dirname}/../../api/lab/client.ts`
const RESTARTS = 3
const REQUESTS_BETWEEN = 200

interface Node {
  readonly program: { readonly id: number; readonly adopted: boolean }
}

interface Stats {
  readonly backends: readonly { readonly packets: number }[]
}

const packetsOf = ({ backends }: Stats) =>
  backends.reduce((sum, { packets }) => sum + packets, 0)

/** The client asks on and on; `more` resolves after so many more answers. */
function requests(bed: Bed) {
  const addresses = Object.values(intent.vips).flatMap(vip => vip.addresses)
  const client = bed.network.client.start(process.execPath, CLIENT, ...addresses.map(urlOf))
  const outcomes: Outcome[] = []
  if (!client.stdout) throw new Error('the client has no output')
  createInterface(client.stdout).on('line', line => outcomes.push(JSON.parse(line)))
  const more = async (count: number) => {
    const until = outcomes.length + count
    while (outcomes.length < until) await new Promise(resolve => setTimeout(resolve, 10))
  }
  return { outcomes, more }
}

t.test('a killed daemon and its successor lose no request and no count', async t => {
  await using bed = await Bed.make(intent)
  const { outcomes, more } = requests(bed)
  await more(REQUESTS_BETWEEN)
  const { program } = await bed.daemon.get<Node>('/v1/node')

  let counted = 0
  for (let restart = 0; restart < RESTARTS; restart++) {
    counted = packetsOf(await bed.daemon.get<Stats>('/v1/stats'))
    await bed.killAndRestart()
    await more(REQUESTS_BETWEEN)

    const after = await bed.daemon.get<Node>('/v1/node')
    t.equal(after.program.id, program.id, 'the program that served serves on')
    t.equal(after.program.adopted, true)
    const now = packetsOf(await bed.daemon.get<Stats>('/v1/stats'))
    t.ok(now > counted + 4 * REQUESTS_BETWEEN, `${counted} packets before, ${now} after`)
  }

  t.same(
    outcomes.filter(({ error }) => error),
    [],
    `${outcomes.length} requests`,
  )
})

t.test('what was accepted right before the kill holds after it', async t => {
  await using bed = await Bed.make(intent)
  await bed.daemon.send('DELETE', '/v1/pools/gre/backends/b1')
  await bed.killAndRestart()
  const { outcomes, more } = requests(bed)
  await more(REQUESTS_BETWEEN)
  const gre = intent.vips['http-gre']?.addresses.map(urlOf) ?? []
  const answered = new Set(
    outcomes.filter(({ url }) => gre.includes(url)).map(({ backend }) => backend),
  )
  t.same([...answered].sort(), ['b2', 'b3', 'b4'])
  t.same(
    outcomes.filter(({ error }) => error),
    [],
  )
})
