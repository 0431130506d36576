/** Where the API is reached: Unix sockets and loopback ports, with the same routes behind each. */
import { lstatSync, mkdirSync, unlinkSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { Refusal } from '../lb/errors.ts'
import type { Listen } from '../lb/node.ts'

/** Of a new socket, 0660: whoever may connect may do everything. */
const SOCKET_UMASK = 0o117

const nameOf = (place: Listen) =>
  'path' in place
    ? `unix:${place.path}`
    : `${place.host.includes(':') ? `[${place.host}]` : place.host}:${place.port}`

function isAnswered(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path)
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

/** Refuses where another daemon serves: to be asked before anything is changed. */
export async function checkFree(places: readonly Listen[]): Promise<void> {
  for (const place of places)
    if ('path' in place && (await isAnswered(place.path)))
      throw new Refusal('conflict', 'socket-in-use', `another daemon answers at ${place.path}`)
}

/** A daemon that was killed leaves its socket behind. */
async function freePath(path: string): Promise<void> {
  await checkFree([{ path }])
  mkdirSync(dirname(path), { recursive: true })
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket()) unlinkSync(path)
}

function refused(place: Listen, error: Error): Refusal {
  return new Refusal(
    'conflict',
    'cannot-listen',
    `cannot listen on ${nameOf(place)}: ${error.message}`,
  )
}

function opened(server: Server, place: Listen): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', error => reject(refused(place, error)))
    // The socket is made in this very call, and nobody may connect before its mode is right.
    const umask = process.umask(SOCKET_UMASK)
    server.listen(place, resolve)
    process.umask(umask)
  })
}

const closed = (server: Server) => new Promise(resolve => server.close(resolve))

/** Opens all places, or none; what is being answered when the app closes is answered yet. */
export async function listen(app: FastifyInstance, places: readonly Listen[]): Promise<void> {
  const servers: Server[] = []
  app.addHook('preClose', async () => {
    await Promise.all(servers.map(closed))
  })
  await app.ready()
  for (const place of places) {
    if ('path' in place) await freePath(place.path)
    const server = createServer(app.routing)
    await opened(server, place)
    servers.push(server)
  }
}
