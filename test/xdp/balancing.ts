/**
 * The load balancer's program in the kernel. Each packet goes through the dry instance and the
 * living one: they must agree, the first must leave no trace, and the second must count the packet
 * once and nothing else.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type BpfMap, BpfObject, type Program } from '../../native/index.ts'
import {
  DRY_BACKEND_SHIFT,
  DRY_VERDICT_SHIFT,
  type Verdict,
  verdicts,
} from '../../xdp/layout.ts'
import { type Arrival, runOf } from './arrival.ts'
import { type Action, actionAt, Counters, verdictAt } from './counters.ts'
import { takeEntropy } from './entropy.ts'
import { type Setup, setUp, sizesOf } from './setup.ts'

const OBJECT = readFileSync(`${import.meta.dirname}/../../native/build/xdp/weir.bpf.o`)

export interface Outcome {
  readonly action: Action
  readonly verdict: Verdict
  /** Who was credited with a packet that was forwarded. */
  readonly vip?: number
  readonly backend?: number
  /** As it left; of a forwarded one without its entropy, of a dropped one nothing. */
  readonly packet?: Buffer
}

export interface Answer {
  readonly action: Action
  readonly verdict: Verdict
  /** 0 as long as none was chosen. */
  readonly backend: number
}

const isForwarded = (action: Action) => action === 'tx' || action === 'redirect'

export async function balancing(setup: Setup): Promise<Balancing> {
  const skip = ['pass']
  const maxEntries = sizesOf(setup)
  const constants = setup.hashKey ? { hash_key: setup.hashKey } : {}
  using living = await BpfObject.load(OBJECT, { maxEntries, skip, constants })
  using dry = await BpfObject.load(OBJECT, {
    maxEntries,
    skip,
    constants: { ...constants, dry: Uint8Array.of(1) },
    reuse: Object.fromEntries(living.mapNames.map(name => [name, living.map(name)])),
  })
  setUp(living, setup)
  return new Balancing(living, dry, setup)
}

export class Balancing implements Disposable {
  /** A ring buffer of `struct event`. */
  readonly events: BpfMap
  readonly #living: Program
  readonly #dry: Program
  readonly #setup: Setup
  readonly #verdicts: Counters
  readonly #vips: Counters
  readonly #backends: Counters

  constructor(living: BpfObject, dry: BpfObject, setup: Setup) {
    this.#living = living.program('load_balance')
    this.#dry = dry.program('load_balance')
    this.#setup = setup
    this.events = living.map('events')
    const { vip_traffic, backend_traffic } = sizesOf(setup)
    this.#verdicts = new Counters(living.map('verdicts'), verdicts.length)
    this.#vips = new Counters(living.map('vip_traffic'), vip_traffic)
    this.#backends = new Counters(living.map('backend_traffic'), backend_traffic)
  }

  /** What was counted since the last call. */
  #changes() {
    return {
      verdicts: this.#verdicts.changes(),
      vips: this.#vips.changes(),
      backends: this.#backends.changes(),
    }
  }

  /** What the dry instance says. */
  async ask(frame: Buffer, arrival: Arrival = {}): Promise<Answer> {
    const { returned } = await this.#dry.run(runOf(frame, arrival))
    return {
      action: actionAt(returned & 0xff),
      verdict: verdictAt((returned >>> DRY_VERDICT_SHIFT) & 0xff),
      backend: returned >>> DRY_BACKEND_SHIFT,
    }
  }

  async #run(frame: Buffer, arrival: Arrival): Promise<Outcome> {
    const { action, verdict, backend } = await this.ask(frame, arrival)
    const none = { verdicts: {}, vips: {}, backends: {} }
    assert.deepEqual(this.#changes(), none, 'the dry instance counted something')

    const { returned, data: output } = await this.#living.run(runOf(frame, arrival))
    const data = Buffer.from(output).subarray(arrival.metadata ?? 0)
    const changes = this.#changes()
    const counted = { [verdicts.findIndex(({ name }) => name === verdict)]: [1] }
    assert.equal(actionAt(returned), action, `the dry instance says ${action}, ${verdict}`)
    if (!isForwarded(action)) {
      assert.deepEqual(changes, { ...none, verdicts: counted })
      return action === 'drop' ? { action, verdict } : { action, verdict, packet: data }
    }

    const [vip = ''] = Object.keys(changes.vips)
    const bytes = data.length - (this.#setup.headers[backend - 1]?.length ?? 0)
    assert.deepEqual(changes, {
      verdicts: counted,
      vips: { [vip]: [1, bytes, verdict === 'forwarded_syn' ? 1 : 0] },
      backends: { [backend]: [1, bytes, 0] },
    })
    return { action, verdict, vip: Number(vip), backend, packet: data }
  }

  /** A packet through both instances. */
  async run(frame: Buffer, arrival: Arrival = {}): Promise<Outcome> {
    const outcome = await this.#run(frame, arrival)
    if (!outcome.packet || !isForwarded(outcome.action)) return outcome
    return { ...outcome, packet: takeEntropy(outcome.packet).packet }
  }

  /** A packet that is forwarded, as it leaves. */
  async sent(frame: Buffer): Promise<Buffer> {
    const { packet } = await this.#run(frame, {})
    assert.ok(packet, 'the packet was not forwarded')
    return packet
  }

  [Symbol.dispose](): void {
    this.events.close()
    this.#living.close()
    this.#dry.close()
  }
}
