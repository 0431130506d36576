/** `weir apply`, `delete`, `drain`, `enable`, `disable`: what changes the configuration. */
import type { Command } from 'commander'
import { contextOf, example, readDocument } from './command.ts'
import { oneOf } from './kinds.ts'

const CREATED = 201

async function apply(
  kind: string | undefined,
  name: string | undefined,
  { file }: { readonly file: string },
  command: Command,
): Promise<void> {
  const { daemon, print } = contextOf(command)
  const one = kind === undefined ? undefined : oneOf(kind, name)
  const { body, status, revision } = await daemon.put(
    one?.path ?? '/v1/config',
    readDocument(file),
  )
  const done = status === CREATED ? 'created' : 'as in the file'
  const what = one ? `${one.noun} ${name} is ${done}` : 'the configuration is as in the file'
  print(body, `revision ${revision}: ${what}`)
}

async function remove(kind: string, name: string, _options: object, command: Command) {
  const { daemon, print } = contextOf(command)
  const { noun, path } = oneOf(kind, name)
  const { revision } = await daemon.send('DELETE', path)
  print({ revision }, `revision ${revision}: ${noun} ${name} is deleted`)
}

/** An admin state by the verb that leads to it. */
const ADMIN = {
  drain: ['draining', 'let a backend finish what it has, and give it no new flows'],
  enable: ['enabled', 'give a backend its part of the flows'],
  disable: ['disabled', 'send a backend nothing at all, from now on'],
} as const

function addAdmin(program: Command, verb: keyof typeof ADMIN): void {
  const [admin, description] = ADMIN[verb]
  program
    .command(verb)
    .description(description)
    .argument('<backend>', 'POOL/BACKEND')
    .addHelpText('after', example(`weir ${verb} web/b1`))
    .action(async (name: string, _options: object, command: Command) => {
      const { daemon, print } = contextOf(command)
      const { path } = oneOf('backend', name)
      const { body, revision } = await daemon.send('PATCH', path, { admin })
      print(body, `revision ${revision}: backend ${name} is ${admin}`)
    })
}

export function addWrite(program: Command): void {
  program
    .command('apply')
    .description('replace the whole configuration, or one resource, by what a file says')
    .argument('[kind]', 'vip, pool or backend; without it, the whole configuration')
    .argument('[name]', 'of the resource; a backend is POOL/BACKEND')
    .requiredOption('-f, --file <file>', 'YAML or JSON; - is the standard input')
    .addHelpText(
      'after',
      example(
        'weir apply -f intent.yaml',
        'echo "{address: 10.0.0.11}" | weir apply backend web/b1 -f -',
      ),
    )
    .action(apply)
  program
    .command('delete')
    .description('delete a VIP, a pool or a backend')
    .argument('<kind>', 'vip, pool or backend')
    .argument('<name>', 'of the resource; a backend is POOL/BACKEND')
    .addHelpText('after', example('weir delete vip www'))
    .action(remove)
  for (const verb of ['drain', 'enable', 'disable'] as const) addAdmin(program, verb)
}
