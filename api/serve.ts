/** `weir serve`: the daemon. When it ends, the data plane is pinned and goes on without it. */
import { readFileSync } from 'node:fs'
import closeWithGrace from 'close-with-grace'
import { destination, type Logger, pino } from 'pino'
import { Balancer } from '../lb/balancer.ts'
import { Refusal } from '../lb/errors.ts'
import { type Node, parseNode } from '../lb/node.ts'
import type { Report } from '../lb/report.ts'
import { checkFree, listen } from './listen.ts'
import { revisionOf } from './node.ts'
import { buildServer } from './server.ts'

const STDERR = 2

function readNode(path: string): Node {
  try {
    return parseNode(readFileSync(path, 'utf8'), path)
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw new Refusal('missing', 'no-node-file', `cannot read the node file: ${String(error)}`)
  }
}

async function open(node: Node, logger: Logger): Promise<AsyncDisposable> {
  const report: Report = (level, event, fields) => logger[level]({ event, ...fields }, event)
  await using opened = new AsyncDisposableStack()
  await checkFree(node.listen)
  const balancer = opened.use(await Balancer.open(node, report))
  const app = await buildServer(balancer, logger)
  opened.defer(() => app.close())
  await listen(app, node.listen)

  for (const { interface: name, mode, warning } of balancer.attachments)
    logger[warning ? 'warn' : 'info']({ interface: name, mode, warning }, 'attached')
  logger.info({ listen: node.listen, revision: revisionOf(balancer) }, 'serving')
  return opened.move()
}

/** Resolves when everything serves; the process ends by a signal. */
export async function serve(path: string): Promise<void> {
  const node = readNode(path)
  const logger = pino({ base: null }, destination(STDERR))
  process.on('SIGHUP', () =>
    logger.info('SIGHUP is ignored: the node file is read at start, all else comes by the API'),
  )
  const running = await open(node, logger)
  closeWithGrace({ skip: ['SIGHUP'], logger }, async ({ signal, err }) => {
    if (err) logger.error(err)
    logger.info({ signal }, 'stopping; the data plane goes on forwarding')
    await running[Symbol.asyncDispose]()
  })
}
