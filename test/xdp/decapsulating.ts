/** The backend's program in the kernel: each packet is counted once, and what passes is unchanged. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { parseAddress } from '../../lb/address.ts'
import { BpfObject, type Program } from '../../native/index.ts'
import { type Verdict, verdicts } from '../../xdp/layout.ts'
import { ethernet, type Layer, packet, TCP, tcp, text } from '../packet.ts'
import { type Arrival, runOf } from './arrival.ts'
import { type Action, actionAt, Counters, verdictAt } from './counters.ts'
import { type Family, NEXT_HOP, US } from './network.ts'

const OBJECT = readFileSync(`${import.meta.dirname}/../../native/build/xdp/decap.bpf.o`)

export interface Delivery {
  readonly action: Action
  readonly verdict: Verdict
  /** What the host gets, if anything. */
  readonly packet?: Buffer
}

/** Opens tunnels from these addresses. */
export async function decapsulating(
  sources: readonly string[],
  constants: Readonly<Record<string, Uint8Array>> = {},
): Promise<Decapsulating> {
  using object = await BpfObject.load(OBJECT, { constants })
  const map = object.map('sources')
  for (const source of sources) map.set(parseAddress(source), Uint8Array.of(1))
  return new Decapsulating(object)
}

export class Decapsulating implements Disposable {
  readonly #program: Program
  readonly #verdicts: Counters

  constructor(object: BpfObject) {
    this.#program = object.program('decapsulate')
    this.#verdicts = new Counters(object.map('verdicts'), verdicts.length)
  }

  async run(frame: Buffer, arrival: Arrival = {}): Promise<Delivery> {
    const { returned, data } = await this.#program.run(runOf(frame, arrival))
    const counted = Object.entries(this.#verdicts.changes())
    assert.deepEqual(
      counted.map(([, [count]]) => count),
      [1],
      'one verdict is counted once',
    )
    const action = actionAt(returned)
    const verdict = verdictAt(Number(counted[0]?.[0]))
    return action === 'drop'
      ? { action, verdict }
      : { action, verdict, packet: Buffer.from(data) }
  }

  [Symbol.dispose](): void {
    this.#program.close()
  }
}

/** What arrives at the backend, here without a router between. */
export const tunnelled = (...layers: readonly Layer[]) =>
  packet(ethernet(NEXT_HOP, US), ...layers)

export const query = ({ ip, client, vip }: Family): readonly Layer[] => [
  ip(client, vip, TCP),
  tcp(40000, 80),
  text('query'),
]

export const opened = (...layers: readonly Layer[]): Delivery => ({
  action: 'pass',
  verdict: 'decapsulated',
  packet: tunnelled(...layers),
})

export const refused = (verdict: Verdict): Delivery => ({ action: 'drop', verdict })
