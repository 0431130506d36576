/**
 * Writes layout.ts: the structs of tables.h as TypeScript codecs, read from the BTF that clang put
 * into the object, so that no size, offset or byte order is ever typed by hand.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

type Member = { name: string; type_id: number; bits_offset: number }
type BtfType = {
  id: number
  kind: string
  name: string
  size: number
  type_id: number
  nr_elems: number
  members: Member[]
  values: { name: string; val: number }[]
  params: { type_id: number }[]
  vars: { type_id: number }[]
}

const here = import.meta.dirname
const object = `${here}/../native/build/xdp/weir.bpf.o`
const dump = execFileSync('bpftool', ['-j', 'btf', 'dump', 'file', object], {
  encoding: 'utf8',
})
const types = new Map<number, BtfType>(
  (JSON.parse(dump).types as BtfType[]).map(type => [type.id, type]),
)
const tables = readFileSync(`${here}/tables.h`, 'utf8')

function typeOf(id: number): BtfType {
  const type = types.get(id)
  if (!type) throw new Error(`BTF has no type ${id}`)
  return type
}

const camel = (name: string) =>
  name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
const pascal = (name: string) => camel(`_${name}`)

/** How a value of one BTF type is spelled in TypeScript. `at` is the expression of its offset. */
type Spelling = {
  type: string
  size: number
  read: (at: string) => string
  write: (value: string, at: string) => string
}

const shift = (at: string, by: number) => (by === 0 ? at : `${at} + ${by}`)

function integer(size: number, bigEndian: boolean): Spelling {
  const method = { 1: 'Uint8', 2: 'Uint16', 4: 'Uint32', 8: 'BigUint64' }[size]
  const order = size === 1 ? '' : bigEndian ? ', false' : ', true'
  return {
    type: size === 8 ? 'bigint' : 'number',
    size,
    read: at => `view.get${method}(${at}${order})`,
    write: (value, at) => `view.set${method}(${at}, ${value}${order})`,
  }
}

const bytes = (size: number): Spelling => ({
  type: 'Uint8Array',
  size,
  read: at => `readBytes(view, ${at}, ${size})`,
  write: (value, at) => `writeBytes(view, ${at}, ${value}, ${size})`,
})

function tuple(element: Spelling, length: number): Spelling {
  const each = <T>(spell: (index: number) => T) => Array.from({ length }, (_, i) => spell(i))
  return {
    type: `readonly [${each(() => element.type).join(', ')}]`,
    size: element.size * length,
    read: at => `[${each(i => element.read(shift(at, i * element.size))).join(', ')}]`,
    write: (value, at) =>
      each(i => element.write(`${value}[${i}]`, shift(at, i * element.size))).join('\n    '),
  }
}

/** An array of single bytes or of big-endian words is a run of bytes, as it is on the wire. */
function array(type: BtfType): Spelling {
  const element = typeOf(type.type_id)
  if (element.name === '__u8') return bytes(type.nr_elems)
  if (element.name === '__be32') return bytes(type.nr_elems * 4)
  return tuple(spell(element), type.nr_elems)
}

/** An address is its bytes, in TypeScript too. */
function struct(type: BtfType): Spelling {
  if (type.name === 'address') return bytes(type.size)
  return {
    type: pascal(type.name),
    size: type.size,
    read: at => `${camel(type.name)}.read(view, ${at})`,
    write: (value, at) => `${camel(type.name)}.write(${value}, view, ${at})`,
  }
}

function spell(type: BtfType): Spelling {
  if (type.kind === 'STRUCT') return struct(type)
  if (type.kind === 'ARRAY') return array(type)
  if (type.kind === 'INT' || type.kind === 'ENUM') return integer(type.size, false)
  if (type.kind === 'TYPEDEF' && type.name.startsWith('__be'))
    return integer(Number(type.name.slice(4)) / 8, true)
  if (type.kind === 'TYPEDEF') return spell(typeOf(type.type_id))
  throw new Error(`no spelling for ${type.kind} ${type.name}`)
}

/** Structs by name in the order in which tables.h defines them, so that what is used comes first. */
const structs = [...tables.matchAll(/^struct (\w+) \{/gm)].map(([, name]) => {
  const found = [...types.values()].find(type => type.kind === 'STRUCT' && type.name === name)
  if (!found) throw new Error(`struct ${name} of tables.h is not in the BTF: nothing uses it`)
  return found
})

function codecOf(type: BtfType): string {
  const members = type.members
    .filter(member => !member.name.startsWith('reserved'))
    .map(member => {
      const offset = member.bits_offset / 8
      return {
        name: camel(member.name),
        at: shift('at', offset),
        ...spell(typeOf(member.type_id)),
      }
    })
  const name = pascal(type.name)
  return `
export interface ${name} {
${members.map(member => `  readonly ${member.name}: ${member.type}`).join('\n')}
}

export const ${camel(type.name)} = codec<${name}>(
  ${type.size},
  (view, at) => ({
${members.map(member => `    ${member.name}: ${member.read(member.at)},`).join('\n')}
  }),
  (value, view, at) => {
${members.map(member => `    ${member.write(`value.${member.name}`, member.at)}`).join('\n')}
  },
)
`
}

/** The comment above each member of `enum verdict` is its documentation. */
const meanings = new Map(
  [...tables.matchAll(/\/\* ((?:(?!\*\/)[\s\S])*) \*\/\s+([A-Z0-9_]+),/g)].map(match => [
    match[2],
    match[1]?.replace(/\s+\*?\s*/g, ' '),
  ]),
)

function verdictList(): string {
  const verdict = [...types.values()].find(
    ({ kind, name }) => kind === 'ENUM' && name === 'verdict',
  )
  if (!verdict) throw new Error('enum verdict is not in the BTF')
  const entries = verdict.values
    .filter(({ name }) => name !== 'VERDICTS')
    .map(
      ({ name }) =>
        `  { name: '${name.toLowerCase()}', meaning: ${JSON.stringify(meanings.get(name))} },`,
    )
  return `/** By number: what became of a packet. */\nexport const verdicts = [\n${entries.join('\n')}\n] as const\n`
}

function constants(): string {
  const flags = [...types.values()]
    .filter(
      ({ kind, name }) =>
        kind === 'ENUM' && name !== 'verdict' && tables.includes(`enum ${name} `),
    )
    .flatMap(({ values }) => values.map(({ name, val }) => `export const ${name} = ${val}`))
  const defines = [...tables.matchAll(/^#define (\w+) (\d+)$/gm)].map(
    ([, name, value]) => `export const ${name} = ${value}`,
  )
  return [...flags, ...defines].join('\n')
}

const codecs = structs
  .filter(({ name }) => name !== 'address')
  .map(codecOf)
  .join('')
const digest = createHash('sha256').update(codecs).digest('hex').slice(0, 12)

const source = `/** GENERATED by layout.gen.ts from tables.h: do not edit. \`npm run layout\` writes it anew. */
import { codec, readBytes, writeBytes } from './codec.ts'

/** Differs when any struct does: pinned maps of another layout are not ours to read. */
export const layout = '${digest}'

${verdictList()}
export type Verdict = (typeof verdicts)[number]['name']

${constants()}
${codecs}`

writeFileSync(`${here}/layout.ts`, source)
execFileSync('biome', ['format', '--write', `${here}/layout.ts`], { stdio: 'ignore' })
