/** What every command has in common: the daemon it talks to, and how it prints. */
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { stringify } from 'yaml'
import { Refusal } from '../../lb/errors.ts'
import { readYaml } from '../../lb/yaml.ts'
import { Daemon } from './daemon.ts'

/** A command line that cannot be. */
export class Usage extends Error {}

/** Where text goes: for whoever uses the output, and for whoever typed the command. */
export interface Output {
  out(text: string): void
  error(text: string): void
}

export interface Context {
  readonly daemon: Daemon
  /** Whether programs read the output. */
  readonly isJson: boolean
  /** `value` for programs, `text` for people. */
  print(value: unknown, text: string): void
}

function daemonAt(socket: string): Daemon {
  if (!socket.startsWith('unix:/') && !(socket.startsWith('http://') && URL.canParse(socket)))
    throw new Usage(
      `--socket ${socket} is not legal; legal: unix:/path, or a URL such as http://127.0.0.1:9470`,
    )
  return new Daemon(socket)
}

export function contextOf(command: Command): Context {
  const { socket, json } = command.optsWithGlobals<{ socket: string; json?: true }>()
  const isJson = json === true
  const { writeOut } = command.configureOutput()
  return {
    daemon: daemonAt(socket),
    isJson,
    print(value, text) {
      const shown = isJson ? JSON.stringify(value, undefined, 2) : text.trimEnd()
      writeOut?.(`${shown}\n`)
    },
  }
}

export const example = (...lines: readonly string[]) =>
  `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.map(line => `  ${line}`).join('\n')}`

const STDIN = 0

/** A YAML or JSON document; `-` is the standard input. */
export function readDocument(file: string): unknown {
  const name = file === '-' ? 'standard input' : file
  let text: string
  try {
    text = readFileSync(file === '-' ? STDIN : file, 'utf8')
  } catch (error) {
    throw new Refusal('missing', 'no-file', `cannot read ${name}: ${String(error)}`)
  }
  return readYaml(text, name).value
}

export const yaml = (value: unknown) => stringify(value)
