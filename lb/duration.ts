/** Durations as people write them: 500ms, 2s, 5m, 1h. Programs count milliseconds. */
import { Text } from './schema.ts'

const UNITS: ReadonlyMap<string, number> = new Map([
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
])

/** More would not fit a timer of Node. */
const LONGEST_MS = 2 ** 31 - 1

const amountOf = (text: string) => /^(0|[1-9]\d{0,9})(ms|s|m|h)$/.exec(text) ?? []

/** Of a text that is a duration. */
export function millisecondsOf(text: string): number {
  const [, amount, unit = ''] = amountOf(text)
  return Number(amount) * (UNITS.get(unit) ?? Number.NaN)
}

function durationFault(text: string): string | undefined {
  const milliseconds = millisecondsOf(text)
  if (Number.isNaN(milliseconds)) return 'is not a duration'
  return milliseconds > LONGEST_MS ? 'is too long' : undefined
}

export const Duration = Text(durationFault, {
  description: 'a whole number and ms, s, m or h, up to 596h',
  examples: ['500ms', '2s', '1h'],
})

/** In the largest unit that needs no fraction. */
export function durationText(milliseconds: number): string {
  for (const [unit, size] of UNITS)
    if (milliseconds >= size && milliseconds % size === 0)
      return `${milliseconds / size}${unit}`
  return '0s'
}
