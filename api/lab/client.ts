/** The lab's client: one request after another to each URL it is given, each on a new connection. */
import { Agent, get } from 'node:http'

const PAUSE_MS = 5
const TIMEOUT_MS = 3000

/** One line of JSON a request: what was asked, and who answered or what went wrong. */
export interface Outcome {
  readonly url: string
  readonly backend?: string
  readonly error?: string
}

const agent = new Agent({ keepAlive: false })

function request(url: string): Promise<Outcome> {
  return new Promise(resolve => {
    const fail = (error: Error) => resolve({ url, error: error.message })
    const sent = get(url, { agent, timeout: TIMEOUT_MS }, response => {
      const backend = String(response.headers['x-backend'])
      response.on('error', fail).on('end', () => resolve({ url, backend }))
      response.resume()
    })
    sent.on('timeout', () => sent.destroy(new Error('no answer'))).on('error', fail)
  })
}

async function ask(url: string): Promise<never> {
  for (;;) {
    process.stdout.write(`${JSON.stringify(await request(url))}\n`)
    await new Promise(resolve => setTimeout(resolve, PAUSE_MS))
  }
}

await Promise.all(process.argv.slice(2).map(ask))
