import t from 'tap'
import { BpfMap, BpfObject, KernelError } from '../../native/index.ts'
import { compile, compileSample } from './compile.ts'
import { u32 } from './maps.ts'

const SAMPLE = compileSample()
const PACKET = new Uint8Array(64)

t.test('constants are set by name, whatever else the compiler puts beside them', async t => {
  using object = await BpfObject.load(SAMPLE, {
    constants: { answer: u32(1234), loud: Uint8Array.of(1) },
  })
  using reply = object.program('reply')
  using runs = object.map('runs')
  t.match(await reply.run({ data: PACKET }), { returned: 1234 })
  t.same(
    runs.get(u32(0)),
    new Uint8Array(runs.get(u32(0))?.length ?? 0),
    'loud counts elsewhere',
  )
  t.notSame(runs.get(u32(1)), runs.get(u32(0)))
})

t.test('a constant that is not set keeps the value of the source', async t => {
  using object = await BpfObject.load(SAMPLE)
  t.match(await object.program('reply').run({ data: PACKET }), { returned: 2 })
})

t.test('maps get the sizes that are asked for, and the source has for the rest', async t => {
  using object = await BpfObject.load(SAMPLE, { maxEntries: { numbers: 1000, tables: 8 } })
  const sizes = object.mapNames.map(name => [name, object.map(name).shape.maxEntries])
  t.same(Object.fromEntries(sizes), {
    numbers: 1000,
    runs: 4,
    rows: 1,
    tables: 8,
    devices: 16,
    records: 4096,
  })
})

t.test('existing maps are used again, with what they hold', async t => {
  using old = await BpfObject.load(SAMPLE, { maxEntries: { numbers: 10 } })
  const reuse = Object.fromEntries(old.mapNames.map(name => [name, old.map(name)]))
  reuse['numbers']?.set(u32(1), new Uint8Array(8).fill(7))

  using object = await BpfObject.load(SAMPLE, { maxEntries: { numbers: 10 }, reuse })
  using numbers = object.map('numbers')
  t.equal(numbers.shape.id, old.map('numbers').shape.id)
  t.same(numbers.get(u32(1)), new Uint8Array(8).fill(7))
})

t.test('a map of another shape is not used, and the difference is named', async t => {
  const shape = { type: 1, keySize: 4, valueSize: 8, maxEntries: 1 }
  const cases = [
    [{ type: 9 }, 'type is 9, not 1'],
    [{ keySize: 8 }, 'key size is 8, not 4'],
    [{ valueSize: 4 }, 'value size is 4, not 8'],
    [{ maxEntries: 2 }, 'number of entries is 2, not 1'],
    [{ flags: 1 }, 'flags is 1, not 0'],
  ] as const
  for (const [difference, reason] of cases) {
    using numbers = BpfMap.create({ ...shape, ...difference })
    await t.rejects(BpfObject.load(SAMPLE, { reuse: { numbers } }), {
      code: 'EINVAL',
      message: `reuse map numbers: ${reason}`,
    })
  }
})

t.test('a program that is skipped is not there', async t => {
  using object = await BpfObject.load(SAMPLE, { skip: ['reply'] })
  t.throws(() => object.program('reply'), { code: 'ENOENT', message: /^find program reply: / })
  t.equal(object.program('touch').shape.name, 'touch')
})

t.test('what the object does not have is refused by name', async t => {
  const cases = [
    [
      { constants: { question: u32(1) } },
      'set constant question: the object has no such constant',
    ],
    [{ constants: { answer: Uint8Array.of(1) } }, 'set constant answer: 1 bytes given, not 4'],
    [{ maxEntries: { letters: 1 } }, 'size map letters: the object has no such map'],
    [
      {
        reuse: { letters: BpfMap.create({ type: 1, keySize: 4, valueSize: 4, maxEntries: 1 }) },
      },
      'reuse map letters: the object has no such map',
    ],
    [{ skip: ['sleep'] }, 'skip program sleep: the object has no such program'],
  ] as const
  for (const [options, message] of cases) {
    await t.rejects(BpfObject.load(SAMPLE, options), { message })
  }
  using object = await BpfObject.load(SAMPLE)
  t.throws(() => object.map('letters'), { code: 'ENOENT' })
  t.throws(() => object.program('sleep'), { code: 'ENOENT' })
})

t.test('handles outlive their object, and a closed object gives no more', async t => {
  const object = await BpfObject.load(SAMPLE)
  const numbers = object.map('numbers')
  const reply = object.program('reply')
  object.close()
  object.close()
  t.throws(() => object.map('numbers'), { code: 'EBADF', message: /^use closed BpfObject: / })
  t.throws(() => object.mapNames, { code: 'EBADF' })
  numbers.set(u32(5), new Uint8Array(8))
  t.match(await reply.run({ data: PACKET }), { returned: 2 })
})

t.test('a refusal of the verifier says why and where, and carries the whole log', async t => {
  const elf = compile(`
    #include <linux/bpf.h>
    #include <bpf/bpf_helpers.h>
    SEC("xdp") int careless(struct xdp_md *ctx) { return *(char *)(long)ctx->data; }
    char _license[] SEC("license") = "GPL";
  `)
  const error = await BpfObject.load(elf).catch(error => error)
  t.ok(error instanceof KernelError)
  t.match(error, { code: 'EACCES', name: 'KernelError' })
  t.match(error.message, /^load object: prog 'careless': invalid access to packet, .* at .*:4$/)
  t.match(error.log, 'BEGIN PROG LOAD LOG')
  t.match(error.log, /processed \d+ insns/)
})

t.test('loads at the same time keep their logs apart', async t => {
  const careless = (name: string) =>
    compile(`
      #include <linux/bpf.h>
      #include <bpf/bpf_helpers.h>
      SEC("xdp") int ${name}(struct xdp_md *ctx) { return *(char *)(long)ctx->data; }
      char _license[] SEC("license") = "GPL";
    `)
  const names = ['first', 'second', 'third', 'fourth']
  const objects = names.map(careless)
  const results = await Promise.all(
    objects.map(elf => BpfObject.load(elf).catch(error => error)),
  )
  for (const [i, { log }] of results.entries()) {
    t.same([...new Set(log.match(/(?<=prog ')\w+/g))], [names[i]])
  }
})

t.test('what is no object is refused', async t => {
  await t.rejects(BpfObject.load(new Uint8Array(100)), {
    code: 'ELIBBPF',
    message: /^open object: /,
  })
  await t.rejects(BpfObject.load(new Uint8Array()), { name: 'KernelError' })
})
