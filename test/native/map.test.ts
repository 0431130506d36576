import { unlinkSync } from 'node:fs'
import t from 'tap'
import { BpfMap, BpfObject } from '../../native/index.ts'
import { compileSample } from './compile.ts'
import { HASH, LRU_HASH, makeMap, NO_PREALLOC, sorted, u32, u64 } from './maps.ts'

const NOEXIST = 1

t.test('a map has the shape it was made with', async t => {
  using map = makeMap({ flags: NO_PREALLOC })
  const { id, ...shape } = map.shape
  t.same(shape, {
    type: HASH,
    keySize: 4,
    valueSize: 8,
    maxEntries: 100,
    flags: NO_PREALLOC,
    name: 'test',
  })
  t.ok(id > 0)
})

t.test('what is written is read, until it is deleted', async t => {
  for (const type of [HASH, LRU_HASH]) {
    using map = makeMap({ type })
    t.equal(map.get(u32(1)), undefined)
    map.set(u32(1), u64(10))
    map.set(u32(2), u64(20))
    t.same(map.get(u32(1)), u64(10))
    t.same(sorted(map), [
      [u32(1), u64(10)],
      [u32(2), u64(20)],
    ])
    t.equal(map.delete(u32(1)), true)
    t.equal(map.delete(u32(1)), false)
    t.same([...map.entries()], [[u32(2), u64(20)]])
    map.clear()
    t.same([...map.entries()], [])
  }
})

t.test('a pinned map is found again, and a pin of something else is not', async t => {
  using object = await BpfObject.load(compileSample())
  using map = object.map('numbers')
  const path = `/sys/fs/bpf/weir-test-${process.pid}-map`
  map.pin(path)
  t.teardown(() => unlinkSync(path))
  map.set(u32(1), u64(1))
  using again = BpfMap.open(path)
  t.equal(again.shape.id, map.shape.id)
  t.same(again.get(u32(1)), u64(1))

  t.throws(() => map.pin(path), { code: 'EEXIST', message: `pin to ${path}: File exists` })
  t.throws(() => BpfMap.open(`${path}-not`), { code: 'ENOENT' })
  t.throws(() => map.pin('/tmp/no-bpffs'), { code: 'EPERM' })

  const program = `${path}-program`
  object.program('reply').pin(program)
  t.teardown(() => unlinkSync(program))
  t.throws(() => BpfMap.open(program), {
    code: 'EINVAL',
    message: `open ${program}: anon_inode:bpf-prog is no bpf-map`,
  })
})

t.test('a refused write says what and why', async t => {
  using map = makeMap({ maxEntries: 1, flags: NO_PREALLOC })
  map.set(u32(1), u64(1))
  const cases = [
    ['E2BIG', () => map.set(u32(2), u64(2)), 'write test: Argument list too long'],
    ['EEXIST', () => map.set(u32(1), u64(2), NOEXIST), 'write test: File exists'],
    ['EINVAL', () => map.set(u32(1, 2), u64(2)), 'key of test: 8 bytes given, not 4'],
    ['EINVAL', () => map.set(u32(1), u32(2)), 'value of test: 4 bytes given, not 8'],
    ['EINVAL', () => map.get(new Uint8Array()), 'key of test: 0 bytes given, not 4'],
    ['EINVAL', () => map.setBatch(u32(1), u64(2, 3)), 'values of test: 16 bytes given, not 8'],
    [
      'EINVAL',
      () => map.setBatch(new Uint8Array(6), u64(2)),
      'keys of test: 6 bytes given, not 4',
    ],
    ['E2BIG', () => map.setBatch(u32(1, 2), u64(1, 2)), 'write test: Argument list too long'],
  ] as const
  for (const [code, refused, message] of cases) t.throws(refused, { code, message })
  t.throws(() => makeMap({ maxEntries: 0 }), { code: 'EINVAL', message: /^create map test: / })
})

t.test('a closed map refuses everything, and is closed again without harm', async t => {
  const map = makeMap()
  map.close()
  map[Symbol.dispose]()
  const closed = { code: 'EBADF', message: 'use closed BpfMap: Bad file descriptor' }
  t.throws(() => map.get(u32(1)), closed)
  t.throws(() => map.set(u32(1), u64(1)), closed)
  t.throws(() => map.pin('/sys/fs/bpf/weir-test-closed'), closed)
  t.throws(() => [...map.entries()], closed)
})

t.test('what TypeScript would refuse is a TypeError, not a crash', async t => {
  using map = makeMap()
  const object: unknown = {}
  const loose = map as unknown as Record<string, (...values: unknown[]) => void>
  for (const [method, ...values] of [
    ['get', 'text'],
    ['get'],
    ['set', u32(1), new Uint32Array(2)],
    ['setMap', u32(1), object],
    ['pin', 5],
  ] as const) {
    t.throws(() => loose[method]?.(...values), TypeError)
  }
  t.throws(() => new (BpfMap as unknown as new () => BpfMap)(), TypeError)
})
