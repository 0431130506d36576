/** The daemon as the commands see it: its REST API, over its socket or a loopback port. */
import { type IncomingHttpHeaders, request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Problem } from '../problem.ts'

const TIMEOUT_MS = 60_000

/** Nobody answers there. */
export class Unreachable extends Error {}

/** The daemon said no, or that something went wrong. */
export class Refused extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.problem = problem
  }
}

export interface Answer<T> {
  readonly body: T
  readonly status: number
  /** Of a write: the number of the revision that holds it. */
  readonly revision: number | undefined
}

interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

export class Daemon {
  readonly #target: string
  readonly #where:
    | { readonly socketPath: string }
    | { readonly host: string; readonly port: string }

  /** `unix:/run/weir/weir.sock`, or `http://127.0.0.1:9470`. */
  constructor(target: string) {
    this.#target = target
    if (target.startsWith('unix:')) this.#where = { socketPath: target.slice('unix:'.length) }
    else {
      const { hostname, port } = new URL(target)
      this.#where = { host: hostname.replace(/^\[|\]$/g, ''), port: port || '80' }
    }
  }

  async get<T>(path: string): Promise<T> {
    return (await this.send<T>('GET', path)).body
  }

  put<T>(path: string, body: unknown): Promise<Answer<T>> {
    return this.send<T>('PUT', path, body)
  }

  async isReady(): Promise<boolean> {
    try {
      return (await this.#exchange('GET', '/readyz')).status === 200
    } catch (error) {
      if (error instanceof Unreachable) return false
      throw error
    }
  }

  async send<T>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    const { status, headers, text } = await this.#exchange(method, path, body)
    if (status >= 400) throw new Refused(problemIn(text, status))
    const revision = headers['weir-revision']
    return {
      body: (text ? JSON.parse(text) : undefined) as T,
      status,
      revision: revision === undefined ? undefined : Number(revision),
    }
  }

  #exchange(method: string, path: string, body?: unknown): Promise<Reply> {
    const json = body === undefined ? undefined : JSON.stringify(body)
    const headers = json === undefined ? {} : { 'content-type': 'application/json' }
    return new Promise((resolve, reject) => {
      // A connection of its own: one that was kept may be closed just when it is used again.
      const options = {
        ...this.#where,
        method,
        path,
        headers,
        timeout: TIMEOUT_MS,
        agent: false as const,
      }
      const sent = request(options, async response => {
        const { statusCode = 0, headers } = response
        resolve({ status: statusCode, headers, text: await text(response) })
      })
      sent.on('timeout', () => sent.destroy(new Error('no answer')))
      sent.on('error', error =>
        reject(
          new Unreachable(`the daemon cannot be reached at ${this.#target}: ${error.message}`),
        ),
      )
      sent.end(json)
    })
  }
}

/** Whatever answers there may be no daemon of ours. */
function problemIn(body: string, status: number): Problem {
  try {
    return JSON.parse(body) as Problem
  } catch {
    throw new Unreachable(
      `what answers there is no Weir: status ${status}, ${body.slice(0, 80)}`,
    )
  }
}
