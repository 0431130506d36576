import t, { type Test } from 'tap'
import { firstLine } from '../../api/lab/appliance.ts'
import { BACKENDS } from '../../api/lab/network.ts'
import { Bed, urlOf } from './bed.ts'
import type { Download } from './download.ts'

const ECHO = `${import.meta.dirname}/echo.ts`

const addressesOf = (number: number) => [`198.51.100.${number}`, `2001:db8:100::${number}`]

const one = addressesOf(31)
const ports = addressesOf(32)
const all = addressesOf(33)
/** Datagrams are answered here: where the listener is for a port, for any, and for everything. */
const places = [
  ...one.map(address => [address, '5300']),
  ...ports.flatMap(address => [
    [address, '5300'],
    [address, '61000'],
  ]),
  ...all.map(address => [address, '7']),
].flat()

const backends = Object.fromEntries(
  BACKENDS.map(({ name, tunnel }) => [name, { address: tunnel }]),
)
const vip = (addresses: readonly string[], listener: object) => ({
  addresses,
  listeners: [listener],
  pool: 'web',
})

async function checkAnswers(t: Test, bed: Bed): Promise<void> {
  const asked = Array.from({ length: 8 }, () => places).flat()
  const answers = bed.ask<string[]>('ask.ts', ...asked)
  t.same(
    answers.filter(answer => !/^b[1-4]: hello$/.test(answer)),
    [],
  )
  t.equal(new Set(answers).size, BACKENDS.length, 'all of them answered')

  const downloads = bed.ask<Download[]>(
    'download.ts',
    ...all.map(address => `${urlOf(address)}/bytes/1000`),
  )
  t.match(downloads, [{ whole: true }, { whole: true }])
  for (const address of all) bed.network.client.run('ping', '-c1', '-W5', address)

  const { verdicts } = await bed.daemon.get<{ verdicts: Record<string, number> }>('/v1/stats')
  t.equal(verdicts['drop_no_listener'], 0)
}

t.test(
  'listeners for a port, any port and everything take their packets, in both modes',
  async t => {
    await using bed = await Bed.make({
      pools: { web: { encapsulation: { type: 'gre' }, backends } },
      vips: {
        one: vip(one, { protocol: 'udp', port: 5300 }),
        ports: vip(ports, { protocol: 'udp' }),
        all: vip(all, { protocol: 'any' }),
      },
    })
    const { network } = bed
    await Promise.all(
      network.backends.map(({ backend: { name }, namespace }) =>
        firstLine(namespace.start(process.execPath, ECHO, name, ...places), `echo on ${name}`),
      ),
    )

    await checkAnswers(t, bed)
    // The packets leave another way then, by the kernel's queues.
    bed.place.configure({ mode: 'generic' })
    await bed.killAndRestart()
    await checkAnswers(t, bed)
  },
)
