import t from 'tap'
import { BACKENDS } from '../../api/lab/network.ts'
import { Bed, urlOf } from './bed.ts'
import type { Download } from './download.ts'

const BYTES = 10_000_000
const LISTENERS = [{ protocol: 'tcp', port: 80 }]

/** A pool of one backend, and a VIP of both families in front of it. */
function mix(type: 'gre' | 'geneve', backend: string, number: number) {
  const { name, tunnel } = BACKENDS.find(({ name }) => name === backend) ?? {
    name: '',
    tunnel: '',
  }
  return {
    pool: { encapsulation: { type }, backends: { [name]: { address: tunnel } } },
    addresses: [`198.51.100.${number}`, `2001:db8:100::${number}`],
  }
}

t.test('10 MB come whole through either tunnel, whichever family is in which', async t => {
  const mixes = {
    'gre-over-ipv4': mix('gre', 'b1', 11),
    'gre-over-ipv6': mix('gre', 'b3', 12),
    'geneve-over-ipv4': mix('geneve', 'b2', 13),
    'geneve-over-ipv6': mix('geneve', 'b4', 14),
  }
  const pools = Object.fromEntries(
    Object.entries(mixes).map(([name, { pool }]) => [name, pool]),
  )
  const vips = Object.fromEntries(
    Object.entries(mixes).map(([name, { addresses }]) => [
      name,
      { addresses, listeners: LISTENERS, pool: name },
    ]),
  )
  await using bed = await Bed.make({ pools, vips })
  const addresses = Object.values(mixes).flatMap(one => one.addresses)
  const urls = addresses.map(address => `${urlOf(address)}/bytes/${BYTES}`)

  const downloads = bed.ask<Download[]>('download.ts', ...urls)

  const whole = (backend: string) => ({ backend, bytes: BYTES, whole: true })
  t.same(downloads, ['b1', 'b1', 'b3', 'b3', 'b2', 'b2', 'b4', 'b4'].map(whole))
  const { vips: counted, verdicts } = await bed.daemon.get<{
    vips: { packets: number }[]
    verdicts: Record<string, number>
  }>('/v1/stats')
  for (const { packets } of counted)
    t.ok(packets > 4, 'the requests took the way by the appliance')
  t.ok((verdicts['pass_not_vip'] ?? 0) < 100, 'and the answers, thousands of packets, did not')
})

/** Of 3 degrees of freedom: exceeded once in a million times by chance. */
const CHI_SQUARE = 30.7

t.test('2,000 connections spread as the weights say', async t => {
  const weights = [1, 2, 3, 4]
  const backends = Object.fromEntries(
    BACKENDS.map(({ name, tunnel }, at) => [name, { address: tunnel, weight: weights[at] }]),
  )
  const addresses = ['198.51.100.10', '2001:db8:100::10']
  await using bed = await Bed.make({
    pools: { web: { encapsulation: { type: 'gre' }, backends } },
    vips: { www: { addresses, listeners: LISTENERS, pool: 'web' } },
  })

  const answers = bed.ask<Record<string, number>>('connect.ts', '1000', ...addresses.map(urlOf))

  const counts = BACKENDS.map(({ name }) => answers[name] ?? 0)
  t.equal(
    counts.reduce((sum, count) => sum + count, 0),
    2000,
  )
  const chiSquare = counts.reduce((sum, count, at) => {
    const expected = (2000 * (weights[at] ?? 0)) / 10
    return sum + (count - expected) ** 2 / expected
  }, 0)
  t.ok(chiSquare < CHI_SQUARE, `${counts}: ${chiSquare}`)
})
