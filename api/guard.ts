/**
 * A browser that can reach the port lets any web page in, by a request across sites or by a name
 * that suddenly means this host (DNS rebinding). There are no users to tell apart: so neither passes.
 */
import { isIP } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { HttpRefusal } from './problem.ts'

/** A name in DNS is whatever its owner says; an address is not. */
function isOwnName(host: string): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
  return name === 'localhost' || isIP(name) !== 0
}

/** Browsers know no Unix sockets, which have no remote address. */
const isFromSocket = ({ socket }: FastifyRequest) => socket.remoteAddress === undefined

export function guard(app: FastifyInstance): void {
  app.addHook('onRequest', async request => {
    if (isFromSocket(request)) return
    const { host = '', origin } = request.headers
    if (!isOwnName(host))
      throw new HttpRefusal(
        421,
        'foreign-host',
        `Host ${host} is not legal; legal: localhost or an address`,
      )
    if (origin !== undefined && origin !== `http://${host}`)
      throw new HttpRefusal(
        403,
        'foreign-origin',
        `a page of ${origin} may not ask ${host}; legal: pages of its own`,
      )
  })
}
