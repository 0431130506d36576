import { readFileSync, rmSync } from 'node:fs'
import t from 'tap'
import { scenarios } from '../../bench/scenario.ts'
import { traffic } from '../../bench/traffic.ts'
import type { Path } from '../../lb/header/build.ts'
import { parseIntent } from '../../lb/intent.ts'
import { indicesOf } from '../../lb/kernel/dataplane.ts'
import { type BpfMap, BpfObject, type Program, XdpLink } from '../../native/index.ts'
import { isolated } from '../namespace.ts'
import { compile as compileProgram } from '../native/compile.ts'
import { Bare, intentOf } from './bare.ts'

const LIVE_FRAMES = 2
const PACKETS = 2 ** 17
const BATCH = 64
const FLOWS = 2 ** 10
const SECONDS = 3
const FLIPS_A_SECOND = 1000
const SCENARIO = scenarios['tcp4-gre4']
const TORN = 0

const inside = await isolated(t, import.meta.filename, inside =>
  inside.ip(
    'link add near type veth peer far',
    // No address, so that nobody else has anything to say.
    'link set near addrgenmode none up',
    'link set far addrgenmode none up',
  ),
)

const code = (letter: string) => letter.charCodeAt(0)

/** A way whose every byte that may be anything is the same letter. */
const lettered = (letter: string, egress: number): Path => ({
  egress,
  mtu: 1500,
  sourceMac: new Uint8Array(6).fill(code(letter)),
  nextHopMac: new Uint8Array(6).fill(code(letter)),
  source: new Uint8Array(16).fill(code(letter)),
  destination: new Uint8Array(16).fill(code(letter)),
})

const u32 = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer)

function framesWith(letter: number, frames: BpfMap): number {
  const perCpu = frames.get(u32(letter)) ?? new Uint8Array()
  return Number(new BigUint64Array(perCpu.buffer).reduce((sum, count) => sum + count, 0n))
}

async function sendUntil(program: Program, data: Uint8Array, ifindex: number, end: number) {
  const context = u32(0, data.length, 0, ifindex, 0, 0)
  const run = { data, context, repeat: PACKETS, flags: LIVE_FRAMES, batchSize: BATCH }
  let sent = 0
  for (; performance.now() < end; sent += PACKETS) await program.run(run)
  return sent
}

if (inside) {
  const letters = readFileSync(`${import.meta.dirname}/letters.bpf.c`, 'utf8')
  const elf = compileProgram(letters)
  const indices = await indicesOf(['near', 'far'])
  const near = indices.get('near') ?? 0
  const far = indices.get('far') ?? 0

  for (const { name, backends, sequence } of [
    { name: 'selected in turn', backends: 1, sequence: 'ab' },
    { name: 'overwritten in turn', backends: 64, sequence: 'abc' },
  ])
    t.test(`no packet leaves with parts of two headers that are ${name}`, async t => {
      const pins = `/sys/fs/bpf/weir-test-${process.pid}`
      t.teardown(() => rmSync(pins, { recursive: true }))
      using bare = await Bare.open('far', pins)
      const intent = parseIntent(intentOf(backends))
      let flips = 0
      const flipTo = async (letter: string) => {
        await bare.change(intent, lettered(letter, far))
        flips += backends
      }
      await flipTo('a')
      await bare.dataPlane.attach('native')
      using reader = await BpfObject.load(elf)
      using program = reader.program('read_letters')
      using frames = reader.map('frames')
      using _link = XdpLink.attach(program, near, 'native')
      const { data, object } = await traffic(SCENARIO, FLOWS, 0)
      using _object = object

      const end = performance.now() + SECONDS * 1000
      let sending = true
      const sent = sendUntil(object.program('send'), data, near, end).finally(() => {
        sending = false
      })
      for (let at = 0; sending; at++) {
        await flipTo(sequence[at % sequence.length] ?? 'a')
        await new Promise(resolve => setImmediate(resolve))
      }

      t.comment(`${flips} headers replaced while ${await sent} frames came in`)
      t.ok(flips >= FLIPS_A_SECOND * SECONDS, `${flips} flips`)
      t.equal(framesWith(TORN, frames), 0, 'torn headers')
      for (const letter of sequence) {
        const count = framesWith(code(letter), frames)
        t.ok(count > PACKETS, `${count} frames with the header of ${letter}s`)
      }
    })

  t.test('a header with two letters in it would have been counted', async t => {
    using reader = await BpfObject.load(elf)
    using frames = reader.map('frames')
    const whole = new Uint8Array(128).fill(code('a'))
    for (const at of [0, 5, 6, 11, 22, 53])
      await reader.program('read_letters').run({ data: whole.with(at, code('b')) })
    t.equal(framesWith(TORN, frames), 6)
    await reader.program('read_letters').run({ data: whole })
    t.equal(framesWith(code('a'), frames), 1)
  })
}
