/** What the documentation says of requests and answers, in the form that Fastify takes. */
import { JSON_TYPE, PROBLEM_TYPE } from './media.ts'
import type { Problem } from './problem.ts'
import { ref } from './schemas.ts'

const ETAG = {
  ETag: { type: 'string', description: 'Of what is configured, without the status' },
}
const REVISION = {
  'Weir-Revision': { type: 'integer', description: 'The revision that holds the change' },
}

const jsonOf = (schema: object) => ({ [JSON_TYPE]: { schema } })

/** An answer that brings no tag and no revision. */
export const plain = (description: string, schema: object) => ({
  description,
  content: jsonOf(schema),
})

export const read = (description: string, schema: object) => ({
  ...plain(description, schema),
  headers: ETAG,
})

export const written = (description: string, schema: object) => ({
  ...plain(description, schema),
  headers: { ...ETAG, ...REVISION },
})

export const NOT_MODIFIED = {
  304: {
    type: 'null',
    description: 'It still has the ETag that If-None-Match names',
    headers: ETAG,
  },
}

export const DELETED = {
  204: { type: 'null', description: 'Deleted', headers: REVISION },
}

const problem = (description: string) => ({
  description,
  content: { [PROBLEM_TYPE]: { schema: ref<Problem>('Problem') } },
})

/** What every request may be answered with, beside what it is for. */
export const REFUSALS = {
  '4xx': problem('Refused: the request is at fault'),
  '5xx': problem('Failed: the kernel, the disk or the daemon is at fault'),
}

const IF_NONE_MATCH = {
  'if-none-match': { type: 'string', description: 'An ETag that is known already' },
}

/** Headers of a read. */
export const CONDITIONAL_READ = { type: 'object', properties: IF_NONE_MATCH }

/** Headers of a write. */
export const CONDITIONAL_WRITE = {
  type: 'object',
  properties: {
    'if-match': { type: 'string', description: 'Write only if this is still the ETag' },
    'if-none-match': { type: 'string', description: '* writes only where nothing is yet' },
  },
}

export const bodyOf = (schema: object, ...types: readonly string[]) => ({
  content: Object.fromEntries(types.map(type => [type, { schema }])),
})
