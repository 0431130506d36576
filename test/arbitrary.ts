/** Valid intents for property tests. Backends and VIPs have networks of their own. */
import fc from 'fast-check'
import { type Intent, parseIntent } from '../lb/intent.ts'

const NAME_LETTERS = [...'abcdefghijklmnopqrstuvwxyz0123456789']

const names = fc
  .tuple(
    fc.constantFrom(...NAME_LETTERS),
    fc.string({ unit: fc.constantFrom(...NAME_LETTERS, '-'), maxLength: 62 }),
  )
  .map(([first, rest]) => first + rest)
  .filter(name => name !== 'constructor')

/** One of 256 hosts of either family. */
const hostIn = (ipv4: string, ipv6: string) =>
  fc
    .tuple(fc.boolean(), fc.integer({ min: 0, max: 255 }))
    .map(([old, host]) => (old ? `${ipv4}.${host}` : `${ipv6}::${host.toString(16)}`))

const optional = <T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(fields, { requiredKeys: [], noNullPrototype: true })

const backends = fc
  .tuple(
    hostIn('10.0.0', '2001:db8:b'),
    optional({
      weight: fc.integer({ min: 0, max: 1000 }),
      admin: fc.constantFrom('enabled', 'draining', 'disabled'),
    }),
  )
  .map(([address, rest]) => ({ address, ...rest }))

const macs = fc
  .uint8Array({ minLength: 5, maxLength: 5 })
  .map(bytes => `02:${[...bytes].map(byte => byte.toString(16).padStart(2, '0')).join(':')}`)

const encapsulations = fc.oneof(
  optional({ key: fc.integer({ min: 0, max: 2 ** 32 - 1 }) }).map(gre => ({
    type: 'gre',
    ...gre,
  })),
  optional({
    vni: fc.integer({ min: 0, max: 2 ** 24 - 1 }),
    port: fc.integer({ min: 1, max: 65535 }),
    ethernet: fc.boolean(),
    mac: macs,
  }).map(geneve => ({ type: 'geneve', ...geneve })),
)

const dictionary = <T>(values: fc.Arbitrary<T>, maxKeys: number) =>
  fc.dictionary(names, values, { maxKeys, noNullPrototype: true })

const pools = fc
  .tuple(
    encapsulations,
    dictionary(backends, 6),
    optional({ rows: fc.constantFrom(256, 1024, 65536), empty: fc.constant('drop') }),
  )
  .map(([encapsulation, all, rest]) => ({ encapsulation, backends: all, ...rest }))

/** None that meets another: single ports below 1000, a short range above, a wide one, any. */
const listeners = fc
  .tuple(
    fc.uniqueArray(
      fc.record({
        protocol: fc.constantFrom('tcp', 'udp'),
        port: fc.integer({ min: 1, max: 999 }),
      }),
      { maxLength: 4, selector: ({ protocol, port }) => `${protocol} ${port}` },
    ),
    fc.subarray([
      { protocol: 'tcp', port: '1000-2023' },
      { protocol: 'tcp', port: '1-65535' },
      { protocol: 'udp' },
      { protocol: 'any' },
    ]),
  )
  .map(([ports, others]) => [...ports, ...others])
  .filter(all => all.length > 0)

/** No two VIPs have an address in common: `place` is part of each. */
const vipAt = (place: number, pool: fc.Arbitrary<string>) =>
  fc
    .tuple(
      fc.uniqueArray(hostIn(`198.18.${place}`, `2001:db8:f:${place}`), {
        minLength: 1,
        maxLength: 3,
      }),
      listeners,
      pool,
      optional({ hash: fc.constantFrom('5-tuple', '3-tuple', 'source') }),
    )
    .map(([addresses, all, of, rest]) => ({ addresses, listeners: all, pool: of, ...rest }))

/** Documents as they may come, with what is optional left out now and then. */
export const documents = dictionary(pools, 4).chain(all => {
  const poolNames = Object.keys(all)
  if (poolNames.length === 0) return fc.constant({ pools: all, vips: {} })
  return fc
    .uniqueArray(names, { maxLength: 4 })
    .chain(vipNames =>
      fc.tuple(
        ...vipNames.map((name, place) =>
          vipAt(place, fc.constantFrom(...poolNames)).map(value => [name, value] as const),
        ),
      ),
    )
    .map(vips => ({ pools: all, vips: Object.fromEntries(vips) }))
})

export const intents: fc.Arbitrary<Intent> = documents.map(parseIntent)
