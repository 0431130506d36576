/** How the command line names what REST has paths for. */
import { Usage } from './command.ts'

const segment = encodeURIComponent

interface Kind {
  readonly noun: string
  pathOf(name: string | undefined): string
}

function named(noun: string, collection: string): Kind {
  return {
    noun,
    pathOf: name => (name === undefined ? collection : `${collection}/${segment(name)}`),
  }
}

/** Backends are named with their pool: `web` for all of its, `web/b1` for one. */
const backend: Kind = {
  noun: 'backend',
  pathOf(name) {
    const [pool, backend, ...more] = name?.split('/') ?? []
    if (!pool || more.length > 0)
      throw new Usage(`backend ${name ?? ''} is not legal; legal: POOL or POOL/BACKEND`)
    const path = `/v1/pools/${segment(pool)}/backends`
    return backend === undefined ? path : `${path}/${segment(backend)}`
  },
}

const vip = named('vip', '/v1/vips')
const pool = named('pool', '/v1/pools')
const revision = named('revision', '/v1/revisions')

function only(noun: string, path: string): Kind {
  return {
    noun,
    pathOf(name) {
      if (name === undefined) return path
      throw new Usage(`${noun} ${name} is not legal; legal: ${noun} alone`)
    },
  }
}

/** Kinds that can be read. */
const readable: Readonly<Record<string, Kind>> = {
  vip,
  vips: vip,
  pool,
  pools: pool,
  backend,
  backends: backend,
  revision,
  revisions: revision,
  config: only('config', '/v1/config'),
  node: only('node', '/v1/node'),
  stats: only('stats', '/v1/stats'),
}

const WRITABLE = [vip, pool, backend]

export function kindOf(word: string): Kind {
  const kind = Object.hasOwn(readable, word) ? readable[word] : undefined
  if (kind) return kind
  throw new Usage(`${word} is not legal; legal: ${Object.keys(readable).join(', ')}`)
}

/** A kind of which one can be written or deleted, and its path. */
export function oneOf(word: string, name: string | undefined): { noun: string; path: string } {
  const kind = kindOf(word)
  if (!WRITABLE.includes(kind))
    throw new Usage(`${word} is not legal here; legal: vip, pool, backend`)
  if (name === undefined || (kind === backend && !name.includes('/')))
    throw new Usage(`${word} needs a name: ${kind === backend ? 'POOL/BACKEND' : 'NAME'}`)
  return { noun: kind.noun, path: kind.pathOf(name) }
}
