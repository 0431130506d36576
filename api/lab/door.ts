/**
 * In the appliance's namespace: makes the daemon's loopback port reachable by a socket in a folder,
 * which is the same in every namespace. Usage: node door.ts SOCKET PORT
 */
import { relay } from './relay.ts'

const [path = '', port] = process.argv.slice(2)
await relay({ path }, { host: '127.0.0.1', port: Number(port) })
process.stdout.write('open\n')
