/** How bodies come: JSON everywhere, YAML where a whole intent document is taken, nothing else. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { readYaml } from '../lb/yaml.ts'
import { JSON_TYPE, MERGE_PATCH_TYPE, YAML_TYPE } from './media.ts'
import { HttpRefusal } from './problem.ts'

/** A whole configuration is as large as there are backends: some 100 bytes for each. */
export const INTENT_LIMIT = 64 * 2 ** 20

/** The types that a route takes, of which its schema tells; none where it takes no body. */
function typesOf({ routeOptions: { schema } }: FastifyRequest): readonly string[] {
  const body = schema?.body
  const isDescribed = typeof body === 'object' && body !== null && 'content' in body
  return isDescribed ? Object.keys(body.content as object) : []
}

function checkType(request: FastifyRequest): void {
  const legal = typesOf(request)
  const [type = ''] = request.headers['content-type']?.split(';') ?? []
  if (legal.length === 0 || legal.includes(type.trim().toLowerCase())) return
  throw new HttpRefusal(
    415,
    'unsupported-media-type',
    `Content-Type ${type || 'none'} is not legal; legal: ${legal.join(', ')}`,
  )
}

export function takeBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addHook('preParsing', async request => checkType(request))
  app.addContentTypeParser(
    [JSON_TYPE, MERGE_PATCH_TYPE],
    { parseAs: 'string' },
    (request, text: string, done) => {
      // Many clients name a type even where they send nothing.
      if (text === '' && typesOf(request).length === 0) done(null)
      else parseJson(request, text, done)
    },
  )
  app.addContentTypeParser(
    YAML_TYPE,
    { parseAs: 'string' },
    async (_request: FastifyRequest, text: string) => readYaml(text, 'body').value,
  )
}
