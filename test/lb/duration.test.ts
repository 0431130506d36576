import fc from 'fast-check'
import t from 'tap'
import { Duration, durationText, millisecondsOf } from '../../lb/duration.ts'
import { conforming } from '../../lb/schema.ts'

t.test('a duration is a number and a unit', async t => {
  t.equal(millisecondsOf('500ms'), 500)
  t.equal(millisecondsOf('2s'), 2000)
  t.equal(millisecondsOf('5m'), 300_000)
  t.equal(millisecondsOf('24h'), 86_400_000)
})

t.test('a duration is written in the largest unit that fits', async t => {
  t.equal(durationText(90_000), '90s')
  t.equal(durationText(3_600_000), '1h')
  t.equal(durationText(0), '0s')
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), milliseconds => {
      return millisecondsOf(durationText(milliseconds)) === milliseconds
    }),
  )
})

t.test('what is no duration is refused with what is legal', async t => {
  const durationOf = conforming(Duration, 'no-duration')
  for (const text of ['', '2', 's', '2 s', '1.5s', '-1s', '1d', '02s', 'Infinitys'])
    t.throws(() => durationOf(text), {
      message: `/: ${JSON.stringify(text)} is not a duration; legal: a whole number and ms, s, m or h, up to 596h`,
    })
  t.throws(() => durationOf('597h'), {
    message: /^\/: "597h" is too long; legal: .* up to 596h$/,
  })
})
