/** What an outer header says of the flow, to routers and receivers that look no deeper. */
import t from 'tap'
import { UDP, udp } from '../packet.ts'
import { type Balancing, balancing } from './balancing.ts'
import { type Entropy, takeEntropy } from './entropy.ts'
import {
  type Encapsulation,
  encapsulations,
  type Family,
  families,
  headerOver,
} from './network.ts'
import { arriving, plain } from './plain.ts'

const flows = Array.from({ length: 128 }, (_, flow) => flow)

const fieldsOf = (outer: Family, { protocol }: Encapsulation): (keyof Entropy)[] => [
  ...(protocol === UDP ? (['sourcePort'] as const) : []),
  ...(outer.name === 'IPv6' ? (['flowLabel'] as const) : []),
]

async function entropies(program: Balancing, inner: Family): Promise<Entropy[]> {
  const all = []
  for (const flow of flows) {
    const query = [inner.ip(inner.client, inner.vip, UDP), udp(1024 + flow, 53)]
    all.push(takeEntropy(await program.sent(arriving(...query))).entropy)
  }
  return all
}

for (const outer of families)
  for (const encapsulation of encapsulations) {
    const fields = fieldsOf(outer, encapsulation)
    if (fields.length === 0) continue

    t.test(`${encapsulation.name} over ${outer.name} tells flows apart`, async t => {
      using program = await balancing({ ...plain, headers: [headerOver(outer, encapsulation)] })
      for (const inner of families)
        for (const field of fields) {
          const first = (await entropies(program, inner)).map(entropy => entropy[field])
          const again = (await entropies(program, inner)).map(entropy => entropy[field])
          t.same(again, first, `${inner.name}: a flow keeps its ${field}`)
          // Of 128 balls in 16,384 boxes one or none meets another.
          t.ok(new Set(first).size > 120, `${inner.name}: ${new Set(first).size} of ${field}`)
        }
    })
  }
