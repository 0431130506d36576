/** What the tunnel's ECN field does to that of the packet inside, RFC 6040 4.2. */
import t from 'tap'
import { ipv4, packet, TCP, tcp } from '../packet.ts'
import { type Delivery, decapsulating, opened, refused, tunnelled } from './decapsulating.ts'
import { encapsulations, families, IPV4, outerOver, plainGre } from './network.ts'

const NOT_ECT = 0
const ECT_1 = 1
const ECT_0 = 2
const CE = 3

/** The figure of RFC 6040 4.2: what leaves, by the inner and by the outer field. */
const outerFields = [NOT_ECT, ECT_0, ECT_1, CE] as const
const figure = [
  { inner: NOT_ECT, leaves: [NOT_ECT, NOT_ECT, NOT_ECT, 'dropped'] },
  { inner: ECT_0, leaves: [ECT_0, ECT_0, ECT_1, CE] },
  { inner: ECT_1, leaves: [ECT_1, ECT_1, ECT_1, CE] },
  { inner: CE, leaves: [CE, CE, CE, CE] },
] as const

const combinations = figure.flatMap(({ inner, leaves }) =>
  outerFields.map((outer, at) => ({ inner, outer, leaves: leaves[at] ?? 'dropped' })),
)

const sources = families.map(({ node }) => node)
const INNER_DSCP = 0xb8
const OUTER_DSCP = 0x28

for (const outer of families)
  for (const encapsulation of encapsulations)
    t.test(`${encapsulation.name} over ${outer.name} carries congestion inward`, async t => {
      using backend = await decapsulating(sources)
      for (const { ip, client, vip, name } of families)
        for (const combination of combinations) {
          const layersWith = (ecn: number) => [
            ip(client, vip, TCP, { trafficClass: INNER_DSCP | ecn }),
            tcp(40000, 80),
          ]
          const trafficClass = OUTER_DSCP | combination.outer
          const header = outerOver(outer, encapsulation, { trafficClass })
          const { inner, leaves } = combination
          const expected: Delivery =
            leaves === 'dropped' ? refused('drop_ecn') : opened(...layersWith(leaves))

          t.same(
            await backend.run(tunnelled(...header, ...layersWith(inner))),
            expected,
            `${name}: ${inner} inside ${combination.outer}`,
          )
        }
    })

t.test('the checksum of an inner IPv4 header is mended, whatever it was', async t => {
  using backend = await decapsulating(sources)
  const layersWith = (trafficClass: number, id: number) => [
    ipv4(IPV4.client, IPV4.vip, TCP, { trafficClass, id }),
    tcp(40000, 80),
  ]
  /** With its own checksum for identification, a header's checksum is 0. */
  const checksumOf = (trafficClass: number) =>
    packet(...layersWith(trafficClass, 0)).readUInt16BE(10)

  for (let dscp = 0; dscp < 256; dscp += 4) {
    const before = dscp | ECT_0
    const after = dscp | CE
    for (const id of [0, 0xffff, checksumOf(before), checksumOf(after), checksumOf(after) - 1])
      t.same(
        await backend.run(
          tunnelled(
            ...outerOver(IPV4, plainGre, { trafficClass: CE }),
            ...layersWith(before, id),
          ),
        ),
        opened(...layersWith(after, id)),
        `traffic class ${before}, id ${id}`,
      )
  }
})
