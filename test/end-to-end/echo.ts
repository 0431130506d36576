/** Sends datagrams back, with a name in front. Usage: node echo.ts NAME ADDRESS PORT [ADDRESS PORT …] */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'

const [name, ...places] = process.argv.slice(2)
for (let at = 0; at < places.length; at += 2) {
  const [address = '', port] = places.slice(at)
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  socket.on('message', (message, from) =>
    socket.send(`${name}: ${message}`, from.port, from.address),
  )
  // Not any address: the answer comes from the one that was asked.
  socket.bind(Number(port), address)
  await once(socket, 'listening')
}
process.stdout.write('ready\n')
