/**
 * Nanoseconds that the program takes for a packet. The floor is what the same packets cost in a
 * program that only moves the head by as much and sends them back, measured in turns with it.
 */
import type { Program } from '../native/index.ts'
import { type Case, type Options, summary, tenth } from './case.ts'
import { cpuTime, stayOnOneCpu } from './machine.ts'
import { type Scenario, type ScenarioName, scenarios } from './scenario.ts'
import { Subject } from './subject.ts'
import { type Traffic, traffic } from './traffic.ts'

const K = 2 ** 10
const M = 2 ** 20
const XDP_TX = 3
const LOOPBACK = 1

/** Short rounds, so that those in which others took the caches are few. */
const PACKETS = 2 ** 19
/** In so many rounds every flow is seen. */
const FULL_VISIT = 16

/** Of the machine that the bars are for, ns. Elsewhere a bar is its ratio to the floor. */
const REFERENCE_FLOOR = 10

interface Plan {
  readonly name: ScenarioName
  readonly flows: number
  /** On the machine of the reference floor. */
  readonly bar?: number
}

const plans: readonly Plan[] = [
  { name: 'pass', flows: 1, bar: 10 },
  { name: 'tcp4-gre4', flows: 1, bar: 34 },
  { name: 'tcp4-gre4', flows: 64 * K, bar: 36 },
  { name: 'tcp4-gre4', flows: M, bar: 38 },
  { name: 'tcp4-gre4', flows: 16 * M, bar: 40 },
  { name: 'syn4-gre4', flows: M, bar: 38 },
  { name: 'tcp6-gre6', flows: 1, bar: 38 },
  { name: 'tcp6-gre6', flows: 64 * K, bar: 40 },
  { name: 'tcp4-gre6', flows: 64 * K },
  { name: 'tcp4-geneve4', flows: 1, bar: 38 },
  { name: 'tcp4-geneve4', flows: 64 * K, bar: 40 },
  { name: 'tcp6-geneve6', flows: 1, bar: 38 },
  { name: 'tcp6-geneve6', flows: 64 * K, bar: 40 },
  { name: 'udp4-gre4', flows: 64 * K },
  { name: 'any4-gre4', flows: 64 * K, bar: 48 },
]

/** A program behind the wrapper that makes every repeat a new packet. */
class Wrapped implements Disposable {
  readonly #traffic: Traffic
  readonly #repeat: Program

  constructor(made: Traffic, target: Program) {
    this.#traffic = made
    this.#repeat = made.object.program('repeat')
    made.object.map('target').setProgram(new Uint8Array(4), target)
  }

  /** Nanoseconds for each packet, and what became of the last one. */
  async run(packets: number): Promise<{ each: number; action: number }> {
    const { data } = this.#traffic
    const { nanoseconds, result } = await cpuTime(() =>
      this.#repeat.run({ data, repeat: packets }),
    )
    return { each: nanoseconds / packets, action: result.returned }
  }

  [Symbol.dispose](): void {
    this.#repeat.close()
    this.#traffic.object.close()
  }
}

/** Runs the subject, and makes sure that every packet came to what the case is about. */
async function runSubject(
  wrapped: Wrapped,
  packets: number,
  subject: Subject,
  { verdict }: Scenario,
) {
  const before = subject.verdicts()
  const { each } = await wrapped.run(packets)
  const made = [...subject.verdicts()]
    .map(([name, counted]) => ({ name, packets: counted - (before.get(name) ?? 0) }))
    .filter(counted => counted.packets > 0)
  if (made.length !== 1 || made[0]?.name !== verdict || made[0].packets !== packets)
    throw new Error(`expected ${packets} x ${verdict}, counted ${JSON.stringify(made)}`)
  return each
}

async function runFloor(wrapped: Wrapped, packets: number) {
  const { each, action } = await wrapped.run(packets)
  if (action !== XDP_TX) throw new Error(`the empty program returned ${action}, not XDP_TX`)
  return each
}

async function measure(
  { name, flows, bar }: Plan,
  rounds: number,
  elf?: string,
): Promise<Case> {
  const scenario = scenarios[name]
  const packets = Math.max(PACKETS, flows / FULL_VISIT)
  using subject = await Subject.load(scenario, LOOPBACK, elf)
  using whole = new Wrapped(await traffic(scenario, flows, subject.growth), subject.program)
  const spare = await traffic(scenario, flows, subject.growth)
  using empty = spare.object.program('move_head')
  using least = new Wrapped(spare, empty)

  const floors: number[] = []
  const nets: number[] = []
  // The round before the first warms the caches up, and does not count.
  for (let round = 0; round <= rounds; round++) {
    const floor = await runFloor(least, packets)
    const all = await runSubject(whole, packets, subject, scenario)
    if (round === 0) continue
    floors.push(floor)
    nets.push(all - floor)
  }
  const floor = summary(floors).value
  return {
    case: name,
    flows,
    ...summary(nets),
    unit: 'ns',
    ...(bar === undefined ? {} : { bar: (bar * floor) / REFERENCE_FLOOR }),
    beside: { floor },
  }
}

export async function program({ rounds, only, elf }: Options): Promise<readonly Case[]> {
  const chosen = plans.filter(({ name }) => only === undefined || name === only)
  if (!chosen.length) throw new Error(`no case ${only}: ${Object.keys(scenarios).join(', ')}`)
  stayOnOneCpu()
  const cases: Case[] = []
  for (const plan of chosen) cases.push(await measure(plan, rounds, elf))
  return cases
}

export const programRecord = ({
  case: name,
  flows,
  value,
  min,
  max,
  rounds,
  beside,
}: Case) => ({
  case: name,
  flows,
  netNs: tenth(value),
  floorNs: tenth(beside?.['floor'] ?? Number.NaN),
  minNs: tenth(min),
  maxNs: tenth(max),
  rounds,
})
