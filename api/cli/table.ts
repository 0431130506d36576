/** Text in columns. */

const GAP = '  '
const NUMBER = /^\d+(\.\d+)?( ?[%kMGT])?$/

const widthOf = (rows: readonly (readonly string[])[], column: number) =>
  Math.max(...rows.map(row => row[column]?.length ?? 0))

/** Numbers end where their column ends, words begin where it begins. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows]
  const columns = head.map((_, column) => {
    const isNumeric = rows.length > 0 && rows.every(row => NUMBER.test(row[column] ?? ''))
    return { width: widthOf(all, column), isNumeric }
  })
  const line = (row: readonly string[]) =>
    columns
      .map(({ width, isNumeric }, column) => {
        const cell = row[column] ?? ''
        return isNumeric ? cell.padStart(width) : cell.padEnd(width)
      })
      .join(GAP)
      .trimEnd()
  return all.map(line).join('\n')
}

const PERCENT = 100

export const percent = (part: number) => `${(part * PERCENT).toFixed(1)} %`

const STEPS = ['', 'k', 'M', 'G', 'T']

/** Three digits or so: 987, 12.3k, 4.56M. */
export function short(count: number): string {
  let value = count
  let step = 0
  while (value >= 1000 && step < STEPS.length - 1) {
    value /= 1000
    step++
  }
  const digits = step === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2
  return `${value.toFixed(digits)}${STEPS[step]}`
}

export function duration(seconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
  ] as const
  for (const [unit, size] of units)
    if (seconds >= size) return `${Math.floor(seconds / size)}${unit}`
  return `${Math.floor(seconds)}s`
}
