/** A picture that is drawn over and over: in place on a terminal, or a line now and then in a log. */
import type { WriteStream } from 'node:tty'

const ENTER = '\x1b[?1049h\x1b[?25l'
const LEAVE = '\x1b[?25h\x1b[?1049l'
const HOME = '\x1b[H'
const END_OF_LINE = '\x1b[K'
const END_OF_SCREEN = '\x1b[J'

/** Without a terminal, a line every so many pictures: not for the first, which has nothing yet. */
const LINE_EVERY = 5

export class Terminal implements Disposable {
  readonly #out: WriteStream
  readonly #head: readonly string[]
  #pictures = 0

  constructor(out: WriteStream, head: readonly string[]) {
    this.#out = out
    this.#head = head
    out.write(out.isTTY ? ENTER : `${head.join('\n')}\n`)
  }

  /** Nothing is erased before it is written over, so that nothing flickers. */
  show(picture: readonly string[], line: string): void {
    if (this.#out.isTTY) {
      const { columns, rows } = this.#out
      const lines = [...this.#head, '', ...picture]
        .slice(0, rows)
        .map(text => text.slice(0, columns) + END_OF_LINE)
      this.#out.write(`${HOME}${lines.join('\n')}${END_OF_SCREEN}`)
    } else if (this.#pictures++ % LINE_EVERY === 1) this.#out.write(`${line}\n`)
  }

  /** What was on the terminal before is there again. */
  [Symbol.dispose](): void {
    if (this.#out.isTTY) this.#out.write(LEAVE)
  }
}
