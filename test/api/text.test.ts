import t from 'tap'
import { Rates } from '../../api/cli/rates.ts'
import { duration, percent, short, table } from '../../api/cli/table.ts'
import { preferred } from '../../api/negotiate.ts'

t.test('columns are as wide as they need to be, numbers to the right', async t => {
  const rows = [
    ['www', '7', '12.5 %', '10.0.0.1'],
    ['imap', '1200', '0.1 %', ''],
  ]
  t.equal(
    table(['VIP', 'WEIGHT', 'SHARE', 'ADDRESS'], rows),
    [
      'VIP   WEIGHT   SHARE  ADDRESS',
      'www        7  12.5 %  10.0.0.1',
      'imap    1200   0.1 %',
    ].join('\n'),
  )
  t.equal(table(['VIP', 'POOL'], []), 'VIP  POOL')
})

t.test('numbers are short enough to compare at a glance', async t => {
  t.same([0, 7.4, 999, 1000, 12_345, 987_654, 4.2e9, 7e15].map(short), [
    '0',
    '7',
    '999',
    '1.00k',
    '12.3k',
    '988k',
    '4.20G',
    '7000T',
  ])
  t.same([0, 59, 60, 3599, 3600, 90_000].map(duration), ['0s', '59s', '1m', '59m', '1h', '1d'])
  t.same([0, 0.333, 1].map(percent), ['0.0 %', '33.3 %', '100.0 %'])
})

t.test('rates are per second between two moments, and never negative', async t => {
  const stats = (second: number, packets: number) => ({
    time: `2026-01-01T00:00:0${second}.000Z`,
    vips: [{ vip: 'www', packets, bytes: 10 * packets, newFlows: 0 }],
    backends: [],
    verdicts: { forwarded: packets },
  })
  const rates = new Rates(stats(0, 100))
  t.equal(rates.rate('vip/www/packets'), 0)
  rates.next(stats(2, 300))
  t.equal(rates.rate('vip/www/packets'), 100)
  t.equal(rates.rate('vip/www/bytes'), 1000)
  t.equal(rates.rate('verdict/forwarded'), 100)
  rates.next(stats(3, 350))
  t.equal(rates.rate('vip/www/packets'), 50)
  rates.next(stats(4, 0))
  t.equal(rates.rate('vip/www/packets'), 0)
  t.equal(rates.sparkline('vip/www/packets'), '█▅▁')
  t.equal(rates.sparkline('vip/nobody/packets'), '')
})

t.test('whoever asks gets what is wanted most, or else the first', async t => {
  const of = (accept?: string) => preferred(accept, ['application/json', 'application/yaml'])
  const cases = {
    '*/*': 'application/json',
    'application/yaml': 'application/yaml',
    'APPLICATION/YAML': 'application/yaml',
    'application/json;q=0.5, application/yaml': 'application/yaml',
    'application/yaml;q=0.5, */*': 'application/json',
    'application/json;q=0, */*;q=0.1': 'application/yaml',
    'application/*;q=0.3, application/json;q=0.2': 'application/yaml',
    'text/html': 'application/json',
    '': 'application/json',
  }
  for (const [accept, offer] of Object.entries(cases)) t.equal(of(accept), offer, accept)
  t.equal(of(), 'application/json')
})
