/** Sends datagrams to addresses, on and on. Usage: node send.ts BYTES ADDRESS… */
import { createSocket } from 'node:dgram'

const PORT = 4000
const PAUSE_MS = 5

const [bytes, ...addresses] = process.argv.slice(2)
const payload = new Uint8Array(Number(bytes))
const socket = createSocket('udp4')
setInterval(() => {
  for (const address of addresses) socket.send(payload, PORT, address)
}, PAUSE_MS)
