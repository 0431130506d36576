/** Requests that are refused, and what their problem documents must say. */
import type { Test } from 'tap'
import type { Ask } from './appliance.ts'

export interface Refused {
  readonly method: 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: object | string
  readonly headers?: Readonly<Record<string, string>>
  readonly status: number
  readonly code: string
  /** Of the first fault. */
  readonly pointer?: string
  /** What came, and what is legal: both are in the text. */
  readonly says: readonly string[]
}

interface Problem {
  readonly detail: string
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
}

export async function refuses(t: Test, ask: Ask, refused: Refused): Promise<void> {
  const { method, path, body, headers, status, code, pointer, says } = refused
  const answer = await ask(method, path, body, headers)
  const name = `${method} ${path.slice(0, 60)} ${JSON.stringify(body)?.slice(0, 60) ?? ''}`
  const type = { 'content-type': /^application\/problem\+json/ }
  const problem = {
    type: 'about:blank',
    title: String,
    status,
    code,
    instance: /^urn:request:/,
  }
  const errors = pointer === undefined ? {} : { errors: [{ pointer }] }
  t.match(answer, { status, headers: type, body: { ...problem, ...errors } }, name)

  const { detail, errors: [first] = [] } = answer.body as Problem
  const text = pointer === undefined ? detail : (first?.detail ?? '')
  for (const part of says) t.ok(text.includes(part), `${text}: ${part}`)
}
