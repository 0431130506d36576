/**
 * Inside the namespace: live frames from one end of a veth pair to the program on the other, which
 * sends them back. The whole way runs on one CPU, and the program's share of it is what counts:
 * packets per second as a part of those of a program that does nothing but send back.
 */
import { execFileSync } from 'node:child_process'
import { type BpfMap, type Program, XdpLink } from '../native/index.ts'
import { type Case, summary } from './case.ts'
import { cpuTime, stayOnOneCpu } from './machine.ts'
import { scenarios } from './scenario.ts'
import { Subject } from './subject.ts'
import { type Traffic, traffic } from './traffic.ts'

const BPF_F_TEST_XDP_LIVE_FRAMES = 2
const PACKETS = 2 ** 18
const BATCH = 64

const SCENARIO = 'tcp4-gre4'
const plans = [
  { flows: 1, bar: 75 },
  { flows: 2 ** 16, bar: 75 },
  { flows: 2 ** 20, bar: 70 },
]

/** Returns the indices of the end that sends, and of the end with the program. */
function createPair(): [sender: number, subject: number] {
  const commands = [
    'link add weir0 type veth peer weir1',
    // No address, so that nobody else has anything to say.
    'link set weir0 addrgenmode none up',
    'link set weir1 addrgenmode none up',
  ]
  execFileSync('ip', ['-batch', '-'], { input: commands.join('\n') })
  const links: { ifname: string; ifindex: number }[] = JSON.parse(
    execFileSync('ip', ['-json', 'link', 'show'], { encoding: 'utf8' }),
  )
  const indexOf = (name: string) => links.find(link => link.ifname === name)?.ifindex ?? 0
  return [indexOf('weir0'), indexOf('weir1')]
}

/** A `struct xdp_md` of a packet that came by an interface. */
function arrivedBy(ifindex: number, length: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(0, length, 0, ifindex, 0, 0).buffer)
}

function total(perCpu: BpfMap): number {
  const counts = perCpu.get(new Uint8Array(4)) ?? new Uint8Array()
  return Number(new BigUint64Array(counts.buffer).reduce((sum, count) => sum + count, 0n))
}

class Wire {
  readonly #index: number
  readonly #traffic: Traffic
  readonly #send: Program
  readonly #received: BpfMap

  constructor(index: number, made: Traffic) {
    this.#index = index
    this.#traffic = made
    this.#send = made.object.program('send')
    this.#received = made.object.map('received')
  }

  /** Millions of packets a second, if every one came back. */
  async throughput(): Promise<number> {
    const { data } = this.#traffic
    const before = total(this.#received)
    const { nanoseconds } = await cpuTime(() =>
      this.#send.run({
        data,
        context: arrivedBy(this.#index, data.length),
        repeat: PACKETS,
        flags: BPF_F_TEST_XDP_LIVE_FRAMES,
        batchSize: BATCH,
      }),
    )
    const back = total(this.#received) - before
    if (back !== PACKETS) throw new Error(`${PACKETS} packets sent, ${back} came back`)
    return (PACKETS / nanoseconds) * 1e3
  }
}

async function measure(
  [sender, receiver]: readonly [number, number],
  { flows, bar }: (typeof plans)[number],
  rounds: number,
  elf?: string,
): Promise<Case> {
  const scenario = scenarios[SCENARIO]
  using subject = await Subject.load(scenario, receiver, elf)
  const made = await traffic(scenario, flows, subject.growth)
  using object = made.object
  using receive = object.program('receive')
  using reflect = object.program('reflect')
  using sink = XdpLink.attach(receive, sender, 'native')
  using link = XdpLink.attach(reflect, receiver, 'native')
  const wire = new Wire(sender, made)

  const rates: number[] = []
  const shares: number[] = []
  // The round before the first warms the caches up, and does not count.
  for (let round = 0; round <= rounds; round++) {
    link.update(reflect)
    const empty = await wire.throughput()
    link.update(subject.program)
    const before = subject.verdicts().get(scenario.verdict) ?? 0
    const rate = await wire.throughput()
    const made = (subject.verdicts().get(scenario.verdict) ?? 0) - before
    if (made !== PACKETS)
      throw new Error(`${PACKETS} packets sent, ${made} ${scenario.verdict}`)
    if (round === 0) continue
    rates.push(rate)
    shares.push((100 * rate) / empty)
  }
  link.detach()
  sink.detach()
  return {
    case: SCENARIO,
    flows,
    ...summary(shares),
    unit: '% of TX',
    bar,
    moreIsBetter: true,
    beside: { Mpps: summary(rates).value },
  }
}

const [rounds, elf] = process.argv.slice(2)
stayOnOneCpu()
const ends = createPair()
const cases: Case[] = []
for (const plan of plans) cases.push(await measure(ends, plan, Number(rounds), elf))
process.stdout.write(JSON.stringify(cases))
