/** YAML as people write it, with the line of whatever in it cannot be. */
import { type Document, isNode, LineCounter, parseDocument } from 'yaml'
import { Refusal } from './errors.ts'

export interface YamlText {
  readonly value: unknown
  /** Of what a pointer leads to, or of the nearest thing above it that is there. */
  lineOf(pointer: string): number | undefined
}

const namesOf = (pointer: string) =>
  pointer
    .split('/')
    .slice(1)
    .map(name => name.replaceAll('~1', '/').replaceAll('~0', '~'))

const refusal = (path: string, line: number, reason: string) =>
  new Refusal('invalid', 'invalid-yaml', `${path}:${line}: ${reason}`)

function contentOf(document: Document, path: string): unknown {
  try {
    return document.toJS()
  } catch (error) {
    // An alias that leads nowhere, or so many of them that they are an attack.
    throw refusal(path, 1, error instanceof Error ? error.message : String(error))
  }
}

/** `path` is for messages. */
export function readYaml(text: string, path: string): YamlText {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, stringKeys: true, prettyErrors: false })
  const [error] = [...document.errors, ...document.warnings]
  if (error) throw refusal(path, lineCounter.linePos(error.pos[0]).line, error.message)
  return {
    value: contentOf(document, path),
    lineOf(pointer) {
      for (let names = namesOf(pointer); ; names = names.slice(0, -1)) {
        const node = document.getIn(names, true)
        if (isNode(node) && node.range) return lineCounter.linePos(node.range[0]).line
        if (names.length === 0) return undefined
      }
    },
  }
}
