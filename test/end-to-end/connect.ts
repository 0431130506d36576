/** Opens so many connections to each URL, and prints how many each backend answered. */
import { Agent, get } from 'node:http'

const AT_ONCE = 20
const agent = new Agent({ keepAlive: false })

function askOnce(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, response => {
      response.resume().on('end', () => resolve(String(response.headers['x-backend'])))
    }).on('error', reject)
  })
}

const [count, ...urls] = process.argv.slice(2)
const answers: Record<string, number> = {}
const waiting = urls.flatMap(url => Array<string>(Number(count)).fill(url))

async function work(): Promise<void> {
  for (let url = waiting.pop(); url; url = waiting.pop()) {
    const backend = await askOnce(url)
    answers[backend] = (answers[backend] ?? 0) + 1
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, work))
process.stdout.write(JSON.stringify(answers))
