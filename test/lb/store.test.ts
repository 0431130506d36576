import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { type Allocation, emptyAllocation } from '../../lb/allocation.ts'
import { emptyIntent, type Intent, parseIntent } from '../../lb/intent.ts'
import { encodeRevision } from '../../lb/store/codec.ts'
import { writeDurably } from '../../lb/store/durable.ts'
import { FileStore } from '../../lb/store/file.ts'
import { intents } from '../arbitrary.ts'

const silent = () => undefined

/** An intent, and another for every number. */
const intentOf = (weight: number) =>
  parseIntent({
    pools: {
      web: {
        encapsulation: { type: 'gre' },
        backends: { b1: { address: '10.0.0.11', weight } },
      },
    },
  })

function newFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-store-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A closed store that holds these intents as revisions 1, 2, … */
async function folderWith(t: Test, ...all: readonly Intent[]): Promise<string> {
  const folder = newFolder(t)
  const store = await FileStore.open(folder, silent)
  for (const intent of all) await store.append({ intent, summary: 'a change' })
  store.close()
  return folder
}

async function withStore<T>(folder: string, use: (store: FileStore) => T): Promise<T> {
  const store = await FileStore.open(folder, silent)
  try {
    return use(store)
  } finally {
    store.close()
  }
}

t.test('a new store has a seed, nobody in the tables and no revision', async t => {
  const store = await FileStore.open(join(newFolder(t), 'made', 'on', 'the', 'way'), silent)
  t.equal(store.seed.length, 32)
  t.equal(store.head(), undefined)
  t.same(store.revisions(), [])
  t.equal(store.allocation.backends.size, 0)
  t.notSame(await withStore(newFolder(t), ({ seed }) => seed), store.seed)
  store.close()
})

t.test('an appended revision is the head, and is read as it was', async t => {
  const folder = newFolder(t)
  const store = await FileStore.open(folder, silent)
  const first = await store.append({ intent: intentOf(1), summary: 'begin', author: 'alice' })
  const second = await store.append({ intent: intentOf(2), summary: 'more' })
  const { intent: _, ...summary } = first
  t.same(summary, { number: 1, time: summary.time, summary: 'begin', author: 'alice' })
  t.equal(new Date(summary.time).toISOString(), summary.time)
  t.equal(store.head(), second)
  t.same(store.revisions(), [1, 2])
  t.same(await store.read(1), first)
  t.same(await store.summary(1), summary)
  store.close()
  t.same(await withStore(folder, again => again.head()), second)
})

t.test('whatever is legal is stored', async t => {
  const folder = newFolder(t)
  const check = async (intent: Intent) => {
    const store = await FileStore.open(folder, silent)
    await store.append({ intent, summary: 'any' })
    t.same((await store.read(store.revisions().at(-1) ?? 0)).intent, intent)
    store.close()
  }
  await fc.assert(fc.asyncProperty(intents, check), { numRuns: 40, examples: [[emptyIntent]] })
})

t.test('only so many revisions are kept, and their numbers never come again', async t => {
  const folder = newFolder(t)
  const store = await FileStore.open(folder, silent, 3)
  for (const weight of [1, 2, 3, 4, 5])
    await store.append({ intent: intentOf(weight), summary: 'a change' })
  t.same(store.revisions(), [3, 4, 5])
  await t.rejects(store.read(2), {
    kind: 'missing',
    code: 'no-revision',
    message: 'revision 2 is not kept; legal: 3 to 5',
  })
  store.close()
  t.same(await withStore(folder, again => again.revisions()), [3, 4, 5])
})

t.test('a rollback changes neither seed nor allocation', async t => {
  const folder = await folderWith(t, intentOf(1), intentOf(2))
  const store = await FileStore.open(folder, silent)
  const allocation = { ...store.allocation, vips: new Map([['www', 1]]), generation: 7 }
  await store.writeAllocation(allocation)
  const { seed } = store
  const { intent } = await store.read(1)
  await store.append({ intent, summary: 'rollback to revision 1' })
  store.close()
  const again = await FileStore.open(folder, silent)
  t.same(again.seed, seed)
  t.same(again.allocation, allocation)
  t.match(again.head(), { number: 3, intent: intentOf(1) })
  again.close()
})

t.test('nobody but the owner reads the state', async t => {
  const folder = await folderWith(t, intentOf(1))
  const store = await FileStore.open(folder, silent)
  await store.writeAllocation({ ...store.allocation, generation: 1 })
  const modes = readdirSync(folder).map(name => [
    name,
    statSync(join(folder, name)).mode & 0o777,
  ])
  t.same(Object.fromEntries(modes), {
    allocation: 0o600,
    lock: 0o600,
    'revision-1': 0o600,
    seed: 0o600,
  })
  store.close()
})

t.test('places in the tables are stored, and written only if they changed', async t => {
  const index = fc.integer({ min: 1, max: 65535 })
  const named = <T>(values: fc.Arbitrary<T>) =>
    fc.array(fc.tuple(fc.stringMatching(/^[a-z]{1,8}$/), values)).map(pairs => new Map(pairs))
  const allocations: fc.Arbitrary<Allocation> = fc.record(
    {
      vips: named(index),
      tables: named(index),
      backends: named(fc.record({ index, generation: index }, { noNullPrototype: true })),
      generation: fc.integer({ min: 0, max: 65535 }),
    },
    { noNullPrototype: true },
  )
  const folder = newFolder(t)
  const check = async (allocation: Allocation) => {
    const store = await FileStore.open(folder, silent)
    await store.writeAllocation(allocation)
    const { ino } = statSync(join(folder, 'allocation'), { throwIfNoEntry: false }) ?? {}
    await store.writeAllocation({ ...allocation, vips: new Map(allocation.vips) })
    t.equal(statSync(join(folder, 'allocation'), { throwIfNoEntry: false })?.ino, ino)
    store.close()
    t.same(await withStore(folder, again => again.allocation), allocation)
  }
  // Before the first backend there is no generation yet, and a file has no zeros.
  const first = { ...emptyAllocation, vips: new Map([['www', 1]]) }
  await fc.assert(fc.asyncProperty(allocations, check), { numRuns: 25, examples: [[first]] })
})

t.test('a write that the power cut short never was', async t => {
  const folder = await folderWith(t, intentOf(1))
  const whole = readFileSync(join(folder, 'revision-1'))
  writeFileSync(join(folder, 'revision-2.new'), whole.subarray(0, 40))
  writeFileSync(join(folder, 'allocation.new'), 'half')
  const store = await FileStore.open(folder, silent)
  t.match(store.head(), { number: 1, intent: intentOf(1) })
  t.match(await store.append({ intent: intentOf(2), summary: 'again' }), { number: 2 })
  t.same((await store.read(2)).intent, intentOf(2))
  store.close()
})

/** Opens the store; what it reported, its head, and the number that the next revision gets. */
async function recovered(folder: string) {
  const reports: unknown[] = []
  const store = await FileStore.open(folder, (...report) => reports.push(report))
  const head = store.head()
  const { number } = await store.append({ intent: intentOf(9), summary: 'after the damage' })
  rmSync(join(folder, `revision-${number}`))
  store.close()
  return { reports, head, number }
}

t.test('a damaged revision is reported, and the newest whole one taken', async t => {
  const folder = await folderWith(t, intentOf(1), intentOf(2))
  const path = join(folder, 'revision-2')
  const whole = readFileSync(path)
  const damages: readonly [string, () => void][] = [
    ['empty', () => truncateSync(path, 0)],
    ['shorter than its checksum', () => truncateSync(path, 20)],
    ['cut in half', () => truncateSync(path, whole.length >> 1)],
    ['one byte short', () => truncateSync(path, whole.length - 1)],
    ['one byte long', () => writeFileSync(path, '\0', { flag: 'a' })],
    ...[...whole.keys()].map((at): [string, () => void] => [
      `another bit in byte ${at}`,
      () => writeFileSync(path, whole.with(at, (whole[at] ?? 0) ^ 1)),
    ]),
  ]
  for (const [damage, inflict] of damages) {
    writeFileSync(path, whole)
    inflict()
    const { reports, head, number } = await recovered(folder)
    t.match(
      { reports, head, number },
      {
        reports: [['warn', 'revision-damaged', { revision: 2, error: `${path} is damaged` }]],
        head: { number: 1, intent: intentOf(1) },
        number: 3,
      },
      damage,
    )
  }
})

t.test('a store without any whole revision is not taken for an empty one', async t => {
  const folder = await folderWith(t, intentOf(1))
  truncateSync(join(folder, 'revision-1'), 50)
  await t.rejects(FileStore.open(folder, silent), {
    code: 'store-damaged',
    message: `no revision in ${folder} is whole`,
  })
})

t.test(
  'a revision that is whole, but illegal to this version, is refused, not skipped',
  async t => {
    const folder = await folderWith(t, intentOf(1))
    const intent = intentOf(1001 - 1)
    const future = JSON.parse(JSON.stringify(intent).replace('1000', '1001'))
    const revision = {
      number: 2,
      time: '2026-01-01T00:00:00.000Z',
      summary: 's',
      intent: future,
    }
    await writeDurably(join(folder, 'revision-2'), encodeRevision(revision))
    await t.rejects(FileStore.open(folder, silent), {
      code: 'invalid-intent',
      errors: [{ pointer: '/pools/web/backends/b1/weight' }],
    })
  },
)

t.test('a store with revisions never gets another seed', async t => {
  const folder = await folderWith(t, intentOf(1))
  const path = join(folder, 'seed')
  const seed = readFileSync(path)
  rmSync(path)
  await t.rejects(FileStore.open(folder, silent), { code: 'seed-missing' })
  writeFileSync(path, seed.with(40, (seed[40] ?? 0) ^ 1))
  await t.rejects(FileStore.open(folder, silent), {
    code: 'file-damaged',
    message: `${path} is damaged`,
  })
  writeFileSync(path, seed)
  t.same(await withStore(folder, store => store.seed), seed.subarray(32))
})

t.test('a damaged allocation is refused', async t => {
  const folder = await folderWith(t, intentOf(1))
  const path = join(folder, 'allocation')
  writeFileSync(path, 'damaged')
  await t.rejects(FileStore.open(folder, silent), {
    code: 'file-damaged',
    message: `${path} is damaged`,
  })
})

t.test('one daemon has a store at a time', async t => {
  const folder = newFolder(t)
  const store = await FileStore.open(folder, silent)
  await t.rejects(FileStore.open(folder, silent), {
    kind: 'conflict',
    code: 'store-in-use',
    message: `${folder} is in use by process ${process.pid}; legal: one daemon to a store`,
  })
  store.close()
  t.same(readdirSync(folder), ['seed'])
  await withStore(folder, () => t.pass('the store is free again'))
})

t.test('the lock of a process that was killed is taken over', async t => {
  const folder = newFolder(t)
  const file = new URL('../../lb/store/file.ts', import.meta.url)
  const program = `
    const { FileStore } = await import(${JSON.stringify(file.href)})
    globalThis.store = await FileStore.open(${JSON.stringify(folder)}, () => {})
    console.log('open')
    setInterval(() => {}, 1000)`
  const holder = spawn(process.execPath, ['--input-type=module', '--eval', program])
  await once(holder.stdout, 'data')
  await t.rejects(FileStore.open(folder, silent), {
    message: `${folder} is in use by process ${holder.pid}`,
  })
  holder.kill('SIGKILL')
  await once(holder, 'close')
  await withStore(folder, () => t.pass('taken over'))
  t.same(readdirSync(folder), ['seed'])
})

t.test('a process that only has the id of the owner does not hold the lock', async t => {
  const folder = newFolder(t)
  mkdirSync(folder, { recursive: true })
  for (const owner of [`${process.pid} 1 another-boot`, '', 'no process', '0'])
    await t.resolves(async () => {
      writeFileSync(join(folder, 'lock'), owner)
      await withStore(folder, () => undefined)
    }, owner)
})

t.test(
  'a full disk refuses a change and loses nothing',
  { skip: process.getuid?.() !== 0 && 'needs root' },
  async t => {
    const folder = newFolder(t)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder])
    t.teardown(() => execFileSync('umount', [folder]))
    const store = await FileStore.open(folder, silent)
    await store.append({ intent: intentOf(1), summary: 'a change' })
    const summary = 'a long story. '.repeat(5000)
    await t.rejects(store.append({ intent: intentOf(2), summary }), {
      kind: 'capacity',
      code: 'disk-full',
      message: `no space is left to write ${folder}/revision-2`,
    })
    t.match(store.head(), { number: 1 })
    t.match(await store.append({ intent: intentOf(3), summary: 'short' }), { number: 2 })
    store.close()
  },
)
