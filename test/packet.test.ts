/** The packets that tests are made of, against RFCs and against what a Linux host sent. */
import t from 'tap'
import {
  checksum,
  ethernet,
  ipv4,
  ipv6,
  type Layer,
  packet,
  SYN,
  TCP,
  tcp,
  text,
  UDP,
  udp,
} from './packet.ts'

t.test('the checksum is that of RFC 1071 3, of odd bytes too', async t => {
  t.equal(checksum(Buffer.from('0001f203f4f5f6f7', 'hex')), ~0xddf2 & 0xffff)
  t.equal(checksum(Buffer.from('0001f203f4f5f6', 'hex')), ~0xdcfb & 0xffff)
  t.equal(checksum(Buffer.alloc(0x20000, 0xff)), 0)
})

const synOptions = (segmentSize: string) =>
  Buffer.from(`0204${segmentSize}010104020103030a`, 'hex')

const sent: readonly {
  readonly name: string
  readonly layers: readonly Layer[]
  readonly bytes: string
}[] = [
  {
    name: 'UDP over IPv4',
    layers: [
      ipv4('192.0.2.7', '192.0.2.10', UDP, { id: 0x0fd1, df: true }),
      udp(5000, 53),
      text('query'),
    ],
    bytes: '0800450000210fd140004011a6e9c0000207c000020a13880035000d181d7175657279',
  },
  {
    name: 'UDP over IPv6',
    layers: [ipv6('2001:db8:1::7', '2001:db8:1::10', UDP), udp(5000, 53), text('query')],
    bytes:
      '86dd60000000000d114020010db800010000000000000000000720010db80001000000000000' +
      '0000001013880035000d40a47175657279',
  },
  {
    name: 'a SYN over IPv4',
    layers: [
      ipv4('192.0.2.7', '192.0.2.10', TCP, { id: 0x9f80, df: true }),
      tcp(40000, 80, {
        flags: SYN,
        sequence: 0xffbd4619,
        window: 64240,
        options: synOptions('05b4'),
      }),
    ],
    bytes:
      '0800450000349f80400040061732c0000207c000020a9c400050ffbd4619000000008002faf0' +
      '0da40000020405b4010104020103030a',
  },
  {
    name: 'a SYN over IPv6',
    layers: [
      ipv6('2001:db8:1::7', '2001:db8:1::10', TCP),
      tcp(40000, 80, {
        flags: SYN,
        sequence: 0xcf86a3a9,
        window: 64800,
        options: synOptions('05a0'),
      }),
    ],
    bytes:
      '86dd600000000020064020010db800010000000000000000000720010db80001000000000000' +
      '000000109c400050cf86a3a9000000008002fd2006b60000020405a0010104020103030a',
  },
]

for (const { name, layers, bytes } of sent)
  t.test(`${name} is what a Linux host sends`, async t => {
    const frame = packet(ethernet('02:00:00:00:00:01', '02:00:00:00:00:09'), ...layers)
    t.equal(frame.toString('hex'), `020000000001020000000009${bytes}`)
  })

t.test('a UDP checksum of zero is sent as its complement', async t => {
  const around = (port: number) =>
    packet(ipv4('192.0.2.7', '192.0.2.10', UDP), udp(port, 0)).readUInt16BE(26)
  const port = 5000 + around(5000)
  t.equal(around(port & 0xffff), 0xffff)
})
