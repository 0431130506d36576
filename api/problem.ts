/** Whatever goes wrong, as RFC 9457 problem details: one shape, with a code that stays the same. */
import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { KernelError } from '../lb/balancer.ts'
import { type Kind, Refusal } from '../lb/errors.ts'
import { PROBLEM_TYPE } from './media.ts'

export const Problem = Type.Object(
  {
    type: Type.Literal('about:blank'),
    title: Type.String({ description: 'What the status means' }),
    status: Type.Integer(),
    code: Type.String({ description: 'Stays the same: programs may compare it' }),
    detail: Type.String({ description: 'What is wrong, for people' }),
    instance: Type.String({ description: 'The request, as the log names it' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          pointer: Type.String({
            description: 'JSON pointer to the field, from the top of the whole configuration',
          }),
          detail: Type.String({ description: 'What came, and what is legal' }),
        }),
      ),
    ),
  },
  {
    $id: 'Problem',
    title: 'Problem',
    description: 'What went wrong (RFC 9457)',
    examples: [
      {
        type: 'about:blank',
        title: 'Bad Request',
        status: 400,
        code: 'invalid-intent',
        detail:
          '/vips/www/listeners/0/port: 70000 is not legal; legal: an integer from 1 to 65535',
        instance: 'urn:request:req-1',
        errors: [
          {
            pointer: '/vips/www/listeners/0/port',
            detail: '70000 is not legal; legal: an integer from 1 to 65535',
          },
        ],
      },
    ],
  },
)

export type Problem = Static<typeof Problem>

type Wrong = Pick<Problem, 'status' | 'code' | 'detail' | 'errors'>

/** A refusal that is about HTTP and not about the load balancer. */
export class HttpRefusal extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, detail: string) {
    super(detail)
    this.status = status
    this.code = code
  }
}

const STATUS: Readonly<Record<Kind, number>> = {
  invalid: 400,
  missing: 404,
  conflict: 409,
  precondition: 412,
  capacity: 507,
}

/** What Fastify refuses by itself: its own codes and texts are a promise to nobody. */
const FASTIFY_REFUSALS: Readonly<Record<string, readonly [code: string, detail: string]>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: ['malformed-json', 'the body is not legal JSON'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['empty-body', 'the body is empty; legal: a JSON document'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['body-too-large', 'the body is larger than this path takes'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    'bad-content-length',
    'the body is not as long as Content-Length says',
  ],
  FST_ERR_BAD_URL: ['malformed-url', 'the path is not a legal URL'],
}

type StatusError = FastifyError & { readonly statusCode: number }

const hasStatus = (error: unknown): error is StatusError =>
  error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'

function wrongByFastify({ code, message, statusCode: status }: StatusError): Wrong {
  const [ours, detail] = FASTIFY_REFUSALS[code] ?? ['bad-request', message]
  return { status, code: ours, detail }
}

function wrongOf(error: unknown): Wrong {
  if (error instanceof Refusal) {
    const { kind, code, message: detail, errors } = error
    return { status: STATUS[kind], code, detail, ...(errors.length && { errors: [...errors] }) }
  }
  if (error instanceof HttpRefusal) {
    const { status, code, message: detail } = error
    return { status, code, detail }
  }
  if (error instanceof KernelError) {
    const { code, message: detail } = error
    return { status: 500, code: `kernel-${code.toLowerCase()}`, detail }
  }
  if (hasStatus(error) && error.statusCode < 500) return wrongByFastify(error)
  return { status: 500, code: 'internal', detail: 'internal error; the log says more' }
}

export function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const wrong = wrongOf(error)
  if (wrong.status >= 500) request.log.error(error)
  const problem: Problem = {
    type: 'about:blank',
    title: STATUS_CODES[wrong.status] ?? 'Error',
    ...wrong,
    instance: `urn:request:${request.id}`,
  }
  return reply.code(wrong.status).type(PROBLEM_TYPE).send(problem)
}
