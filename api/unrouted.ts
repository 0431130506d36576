/** What no route takes: 405 where the path has other methods (RFC 9110 15.5.6), else 404. */
import type { FastifyInstance } from 'fastify'
import { HttpRefusal } from './problem.ts'

/** A route's path, as `/v1/vips/:name`, to what it matches. */
const patternOf = (path: string) =>
  new RegExp(
    `^${path.replace(/[.]/g, '\\$&').replace(/:\w+/g, '[^/]+').replace(/\*/g, '.*')}/?$`,
  )

/** To be called before there are routes: it hears of each that comes. */
export function refuseUnrouted(app: FastifyInstance): void {
  const methods = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const known = methods.get(url) ?? new Set()
    for (const one of [method].flat()) known.add(one)
    methods.set(url, known)
  })

  app.setNotFoundHandler((request, reply) => {
    const [path = ''] = request.url.split('?')
    const allowed = [...methods]
      .filter(([url]) => patternOf(url).test(path))
      .flatMap(([, known]) => [...known])
    if (allowed.length === 0)
      throw new HttpRefusal(404, 'unknown-path', `there is nothing at ${path}; see /docs`)
    reply.header('allow', allowed.join(', '))
    const legal = allowed.join(', ')
    throw new HttpRefusal(
      405,
      'method-not-allowed',
      `${request.method} is not legal at ${path}; legal: ${legal}`,
    )
  })
}
