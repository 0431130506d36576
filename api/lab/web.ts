/** A backend's web server: says who it is, and sends bytes whose hash it knows. */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'

const PORT = 80
const LONGEST = 100_000_000

/** The same bytes on every backend: a pattern that no shift leaves equal. */
function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let at = 0, value = 1; at < length; at++, value = (value * 48271) % 2147483647)
    bytes[at] = value
  return bytes
}

/** `GET /bytes/N` answers N bytes and their SHA-256 in `Digest`; anything else answers the name. */
function serve(name: string): void {
  createServer((request, response) => {
    response.setHeader('X-Backend', name)
    const length = Number(/^\/bytes\/(\d+)$/.exec(request.url ?? '')?.[1] ?? Number.NaN)
    if (!(length <= LONGEST)) return response.end(`${name}\n`)
    const body = pattern(length)
    response.setHeader('Digest', createHash('sha256').update(body).digest('hex'))
    return response.end(body)
  }).listen(PORT, '::', () => process.stdout.write('ready\n'))
}

serve(process.argv[2] ?? 'backend')
