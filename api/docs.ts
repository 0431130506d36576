/** OpenAPI 3.1 of all routes that are registered after this, and a page to browse it. */
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { version } from './node.ts'

/** The page needs nothing from elsewhere. Without the default's upgrade to HTTPS, which is not here. */
const OWN_ONLY = {
  'default-src': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'object-src': ["'none'"],
  'frame-ancestors': ["'self'"],
}

const description = `Weir divides the flows to virtual addresses (VIPs) among backends.

**Resources.** A VIP, a pool or a backend is read as it was configured, plus \`status\`: what became of it. \`status\` is read-only; in what is written it is ignored, so that what was read can be changed and written back.

**Writes** return when the change is on disk and in the kernel. They answer its revision in the header \`Weir-Revision\`; a write that changes nothing answers the revision that there is.

**ETags** are of the configuration, not of the status. \`If-Match\` makes a write conditional on what was read (412 if somebody else wrote meanwhile), \`If-None-Match: *\` on there being nothing.

**Errors** are problem details (RFC 9457) with a stable \`code\`; \`errors\` names every field that cannot be by its JSON pointer in the whole intent document, with what came and what is legal.

**Access** is by Unix socket and loopback alone, and whoever has it may do everything. Against web pages in a browser that reaches the port, \`Host\` must be an address or localhost, and \`Origin\`, if there is one, the same.`

export async function docs(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Weir',
        version,
        description,
        license: { name: 'GPL-2.0-only', identifier: 'GPL-2.0-only' },
      },
      servers: [{ url: '/', description: 'The node that serves this page' }],
      security: [],
      tags: [
        { name: 'VIPs', description: 'Virtual addresses and what listens there' },
        { name: 'pools', description: 'Backends that share flows' },
        { name: 'backends', description: 'Servers that take flows' },
        { name: 'configuration', description: 'Everything at once, and its history' },
        { name: 'observation', description: 'What is going on' },
      ],
    },
    refResolver: {
      buildLocalReference: ({ $id }, _base, _fragment, index) =>
        typeof $id === 'string' ? $id : `schema-${index}`,
    },
  })
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: OWN_ONLY })
}
