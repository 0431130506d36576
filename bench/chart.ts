/** Cases of one unit as a picture: a bar each, its spread as a whisker, and a mark where it must end. */
import { type Case, holds, tenth, title } from './case.ts'

const WIDTH = 760
const LABELS = 170
const FIGURES = 130
const HEAD = 64
const STEP = 26
const THICKNESS = 14
const FOOT = 34

const INK = '#1f2933'
const FAINT = '#66727f'
const GRID = '#e3e7eb'
const GOOD = '#3b7ea1'
const MISSED = '#c2513f'
const MARK = '#e0a030'

interface Label {
  readonly anchor?: 'start' | 'middle' | 'end'
  readonly size?: number
  readonly fill?: string
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

function text(x: number, y: number, words: string, label: Label = {}): string {
  const { anchor = 'start', size = 12, fill = INK } = label
  return `<text x="${tenth(x)}" y="${tenth(y)}" text-anchor="${anchor}" font-size="${size}" fill="${fill}">${escaped(words)}</text>`
}

function rect(x: number, y: number, width: number, height: number, fill: string): string {
  return `<rect x="${tenth(x)}" y="${tenth(y)}" width="${tenth(width)}" height="${tenth(height)}" fill="${fill}"/>`
}

/** The least of 1, 2, 5, 10, 20, … that needs no more than eight lines. */
function gridStep(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most / 8))
  return [1, 2, 5, 10].map(times => times * power).find(step => most / step <= 8) ?? most
}

function row(measured: Case, y: number, scale: (value: number) => number): string {
  const { value, min, max, bar, unit } = measured
  const middle = y + THICKNESS / 2
  const figure = `${tenth(value)} ${unit}`
  return [
    text(LABELS - 10, middle + 4, title(measured), { anchor: 'end' }),
    rect(LABELS, y, scale(value) - LABELS, THICKNESS, holds(measured) ? GOOD : MISSED),
    rect(scale(min), middle - 0.7, scale(max) - scale(min), 1.4, INK),
    bar === undefined ? '' : rect(scale(bar) - 1.5, y - 4, 3, THICKNESS + 8, MARK),
    text(WIDTH - FIGURES + 20, middle + 4, figure),
  ].join('')
}

export function chart(cases: readonly Case[], heading: string, machine: string): string {
  const most = Math.max(...cases.flatMap(({ max, bar = 0 }) => [max, bar])) * 1.05
  const scale = (value: number) => LABELS + ((WIDTH - LABELS - FIGURES) * value) / most
  const height = HEAD + cases.length * STEP + FOOT
  const step = gridStep(most)
  const lines = Array.from({ length: Math.floor(most / step) + 1 }, (_, at) => at * step)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif">`,
    rect(0, 0, WIDTH, height, '#ffffff'),
    text(16, 26, heading, { size: 16 }),
    text(16, 46, machine, { fill: FAINT }),
    text(WIDTH - 16, 46, 'line: all rounds, mark: the bar', { anchor: 'end', fill: FAINT }),
    ...lines.flatMap(value => [
      rect(scale(value), HEAD - 6, 1, cases.length * STEP, GRID),
      text(scale(value), height - FOOT + 12, `${tenth(value)}`, {
        anchor: 'middle',
        fill: FAINT,
      }),
    ]),
    ...cases.map((measured, at) => row(measured, HEAD + at * STEP, scale)),
    '</svg>\n',
  ].join('\n')
}
