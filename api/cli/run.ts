/** `weir serve`, `weir lab`: what runs until it is stopped. */
import type { Command } from 'commander'
import { example } from './command.ts'

const NODE_FILE = '/etc/weir/node.yaml'

export function addRun(program: Command): void {
  program
    .command('serve')
    .description('run the daemon: attach the program, and serve the API')
    .option('--config <file>', 'the node file', NODE_FILE)
    .addHelpText('after', example(`weir serve --config ${NODE_FILE}`))
    .action(async ({ config }: { readonly config: string }) => {
      // Loaded only here: no other command needs the kernel.
      const { serve } = await import('../serve.ts')
      await serve(config)
    })
  program
    .command('lab')
    .description('run the demonstration network: client, router, node and four backends')
    .addHelpText('after', example('weir lab'))
    .action(async () => {
      const { lab } = await import('./lab.ts')
      process.exitCode = await lab()
    })
}
