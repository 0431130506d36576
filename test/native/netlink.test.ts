import t from 'tap'
import { NetlinkSocket } from '../../native/index.ts'
import { attributes, DUMP, decode, encode } from '../../native/netlink-message.ts'
import { isolated } from '../namespace.ts'

const GETLINK = 18
const NEWNEIGH = 28
const UNKNOWN = 200
const NAME = 3
const GROUP_LINK = 1

const inside = await isolated(t, import.meta.filename, inside =>
  inside.ip('link add e0 type veth peer e1'),
)

/** About the interface with this index; 0 for all. */
function linkRequest(flags: number, index: number): Uint8Array {
  const fixed = Buffer.alloc(16)
  fixed.writeInt32LE(index, 4)
  return encode(GETLINK, flags, fixed)
}

const namesIn = (answer: Uint8Array) =>
  decode(answer).map(({ body }) => attributes(body, 16).get(NAME)?.toString())

if (inside) {
  t.test('an answer has every part of a dump, or the one message asked for', async t => {
    using socket = new NetlinkSocket([])
    t.same(namesIn(await socket.request(linkRequest(DUMP, 0))), ['lo\0', 'e1\0', 'e0\0'])
    const answers = await Promise.all([1, 2, 3].map(i => socket.request(linkRequest(0, i))))
    t.same(answers.flatMap(namesIn), ['lo\0', 'e1\0', 'e0\0'])
  })

  t.test("a refusal carries the kernel's own words, if it has any", async t => {
    using socket = new NetlinkSocket([])
    await t.rejects(socket.request(linkRequest(0, 4000), 'show link'), {
      name: 'KernelError',
      code: 'ENODEV',
      message: 'show link: No such device',
    })
    const strange = encode(GETLINK, DUMP, Buffer.alloc(16, 1))
    await t.rejects(socket.request(strange), {
      code: 'EINVAL',
      message: 'netlink request: Invalid values in header for link dump request',
    })
    const nobody = encode(NEWNEIGH, 0, Buffer.alloc(12))
    await t.rejects(socket.request(nobody), {
      code: 'EINVAL',
      message: 'netlink request: Network address not specified',
    })
    await t.rejects(socket.request(encode(UNKNOWN, 0, Buffer.alloc(16))), {
      code: 'EOPNOTSUPP',
    })
  })

  t.test('what is no message is not sent', async t => {
    using socket = new NetlinkSocket([])
    for (const bytes of [
      new Uint8Array(8),
      new Uint8Array(16),
      linkRequest(0, 1).subarray(4),
    ]) {
      t.throws(() => socket.request(bytes), {
        code: 'EINVAL',
        message: 'netlink request: not one whole message',
      })
    }
  })

  t.test('a closed socket refuses requests, and answers those it had', async t => {
    const socket = new NetlinkSocket([GROUP_LINK], () => {})
    const pending = socket.request(linkRequest(0, 1))
    socket.close()
    socket.close()
    t.same(namesIn(await pending), ['lo\0'])
    t.throws(() => socket.request(linkRequest(0, 1)), { code: 'EBADF' })
  })

  t.test('a group that there is not is refused', async t => {
    t.throws(() => new NetlinkSocket([9999], () => {}), {
      name: 'KernelError',
      message: /^set netlink option: /,
    })
    t.throws(() => new NetlinkSocket([1], 'text' as unknown as () => void), TypeError)
  })
}
