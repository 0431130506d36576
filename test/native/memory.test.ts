import { unlinkSync } from 'node:fs'
import t from 'tap'
import { BpfMap, BpfObject } from '../../native/index.ts'
import { compileSample } from './compile.ts'
import { ARRAY, INNER_MAP, MMAPABLE, makeMap, u32, u64 } from './maps.ts'

t.test('memory is the map itself: stores are seen both ways, and by the program', async t => {
  using object = await BpfObject.load(compileSample())
  using tables = object.map('tables')
  using table = makeMap({ type: ARRAY, flags: MMAPABLE | INNER_MAP, maxEntries: 2 })
  tables.setMap(u32(1), table)
  const memory = table.memory()
  t.equal(table.memory(), memory)
  t.equal(memory.length, 16)

  const rows = new BigUint64Array(memory.buffer)
  rows[1] = 77n
  t.same(table.get(u32(1)), u64(77))
  table.set(u32(1), u64(78))
  t.equal(rows[1], 78n)
  t.match(await object.program('touch').run({ data: new Uint8Array(64) }), { returned: 78 })
  t.equal(rows[0], 0x1122334455667788n)
})

t.test('memory survives its map, and is one more view for each handle', async t => {
  const table = makeMap({ type: ARRAY, flags: MMAPABLE })
  const path = `/sys/fs/bpf/weir-test-${process.pid}`
  table.pin(path)
  t.teardown(() => unlinkSync(path))
  using again = BpfMap.open(path)
  const [memory, other] = [table.memory(), again.memory()]
  table.close()
  memory[0] = 5
  t.equal(other[0], 5)
  t.same(again.get(u32(0)), u64(5))
  t.throws(() => table.memory(), { code: 'EBADF' })
})

t.test('only some maps have memory', async t => {
  using map = makeMap()
  t.throws(() => map.memory(), { name: 'KernelError', message: /^map into memory test: / })
  using array = makeMap({ type: ARRAY })
  t.throws(() => array.memory(), { name: 'KernelError' })
})
