/** Cases as a table for a terminal: numbers to the right, and the word that counts at the end. */
import { type Case, holds, tenth, title } from './case.ts'

function verdict(measured: Case): string {
  if (measured.bar === undefined) return ''
  return holds(measured) ? 'ok' : 'MISS'
}

function cells(measured: Case, besides: readonly string[]): readonly string[] {
  const { value, unit, min, max, bar, moreIsBetter, beside = {} } = measured
  const bound = bar === undefined ? '' : `${moreIsBetter ? '>=' : '<='} ${tenth(bar)}`
  return [
    title(measured),
    `${tenth(value).toFixed(1)} ${unit}`,
    `${tenth(min).toFixed(1)} to ${tenth(max).toFixed(1)}`,
    ...besides.map(name => beside[name]?.toFixed(1) ?? ''),
    bound,
    verdict(measured),
  ]
}

export function table(cases: readonly Case[]): string {
  const besides = [...new Set(cases.flatMap(({ beside = {} }) => Object.keys(beside)))]
  const lines = [
    ['case', 'median', 'spread', ...besides, 'bar', ''],
    ...cases.map(measured => cells(measured, besides)),
  ]
  const width = (column: number) => Math.max(...lines.map(line => line[column]?.length ?? 0))
  return lines
    .map(line =>
      line
        .map((cell, at) => (at === 0 ? cell.padEnd(width(at)) : cell.padStart(width(at))))
        .join('   ')
        .trimEnd(),
    )
    .join('\n')
}
