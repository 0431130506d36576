/** All commands of `weir`. */
import { Command, Option } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import type { Output } from './command.ts'
import { addDecap } from './decap.ts'
import { addForesee } from './foresee.ts'
import { addGet } from './get.ts'
import { addRun } from './run.ts'
import { addTop } from './top.ts'
import { addWrite } from './write.ts'

const SOCKET = 'unix:/run/weir/weir.sock'

export function weir({ out, error }: Output): Command {
  const program = new Command('weir')
    .description('An XDP load balancer: divides the flows to virtual addresses among backends.')
    .version(packageJson.version)
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: error })
    .addOption(
      new Option('--socket <address>', 'the daemon: unix:/path or http://127.0.0.1:9470')
        .env('WEIR_SOCKET')
        .default(SOCKET),
    )
    .option('--json', 'print JSON, for programs')
  for (const add of [addRun, addGet, addWrite, addForesee, addTop, addDecap]) add(program)
  return program
}
