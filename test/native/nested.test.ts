import t from 'tap'
import {
  ARRAY,
  ARRAY_OF_MAPS,
  HASH_OF_MAPS,
  INNER_MAP,
  MMAPABLE,
  makeMap,
  u32,
} from './maps.ts'

const OUTER = [ARRAY_OF_MAPS, HASH_OF_MAPS]

const rows = (maxEntries: number) =>
  makeMap({ type: ARRAY, flags: MMAPABLE | INNER_MAP, maxEntries })

t.test('a map of maps holds maps of different sizes, until they are replaced', async t => {
  using template = rows(1)
  using large = rows(1000)
  using small = rows(10)
  for (const type of OUTER) {
    using outer = makeMap({ type, valueSize: 4, maxEntries: 4, inner: template })
    outer.setMap(u32(0), large)
    t.same(outer.get(u32(0)), u32(large.shape.id))
    outer.setMap(u32(0), small)
    t.same(outer.get(u32(0)), u32(small.shape.id))
    t.equal([...outer.entries()].filter(([, id]) => id.some(byte => byte)).length, 1)
    t.equal(outer.delete(u32(0)), true)
    t.equal(outer.get(u32(0)), undefined)
    using other = makeMap()
    t.throws(() => outer.setMap(u32(0), other), { code: 'EINVAL', message: /^write test: / })
  }
})

t.test('many maps are put into a map of maps at once, and outlive their handles', async t => {
  using template = rows(1)
  for (const type of OUTER) {
    const outer = makeMap({ type, valueSize: 4, maxEntries: 4, inner: template })
    const inner = [1, 2, 3].map(rows)
    const written = outer.setMaps(inner.map((map, i) => [u32(i), map]))
    const ids = inner.map(map => u32(map.shape.id))
    for (const map of inner) map.close()
    await written
    t.same(
      [0, 1, 2].map(i => outer.get(u32(i))),
      ids,
    )

    await outer.setMaps([])
    using other = makeMap()
    await t.rejects(outer.setMaps([[u32(0), other]]), {
      code: 'EINVAL',
      message: 'write test: Invalid argument',
    })
    outer.close()
  }
})
