/** Intent documents may come as YAML: for the plugins that take them. */
import type { FastifyInstance } from 'fastify'
import { readYaml } from '../lb/yaml.ts'
import { YAML_TYPE } from './media.ts'

/** A whole configuration is as large as there are backends: some 100 bytes for each. */
export const INTENT_LIMIT = 64 * 2 ** 20

export function takeYaml(app: FastifyInstance): void {
  app.addContentTypeParser(
    [YAML_TYPE, 'application/x-yaml', 'text/yaml'],
    { parseAs: 'string' },
    async (_request: unknown, text: string) => readYaml(text, 'body').value,
  )
}
