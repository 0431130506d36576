/** Sends a datagram to each place from a port of its own, and prints what comes back. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'

const PATIENCE_MS = 5000

async function ask(address: string, port: number): Promise<string> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  socket.send('hello', port, address)
  const [message] = await once(socket, 'message', { signal: AbortSignal.timeout(PATIENCE_MS) })
  socket.close()
  return String(message)
}

const places = process.argv.slice(2)
const answers: string[] = []
for (let at = 0; at < places.length; at += 2)
  answers.push(await ask(places[at] ?? '', Number(places[at + 1])))
process.stdout.write(JSON.stringify(answers))
