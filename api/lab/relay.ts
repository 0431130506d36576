/** Takes connections at one place, and carries their bytes to another. */
import {
  connect,
  createServer,
  type ListenOptions,
  type NetConnectOpts,
  type Socket,
} from 'node:net'

export interface Relay extends AsyncDisposable {
  /** Of a TCP relay. */
  readonly port: number | undefined
}

export async function relay(from: ListenOptions, to: NetConnectOpts): Promise<Relay> {
  const open = new Set<Socket>()
  const server = createServer(outside => {
    const inside = connect(to)
    for (const [source, target] of [
      [outside, inside],
      [inside, outside],
    ] as const) {
      open.add(source)
      source.on('error', () => target.destroy()).on('close', () => open.delete(source))
      source.pipe(target)
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(from, resolve)
  })
  const place = server.address()
  return {
    port: typeof place === 'object' ? place?.port : undefined,
    [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}
