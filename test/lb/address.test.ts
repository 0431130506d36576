import fc from 'fast-check'
import t from 'tap'
import {
  canonicalAddress,
  formatAddress,
  Host,
  isIpv4,
  macFault,
  parseAddress,
  parseMac,
} from '../../lb/address.ts'
import { Refusal } from '../../lb/errors.ts'
import { conforming } from '../../lb/schema.ts'

const LEGAL =
  'legal: the IPv4 or IPv6 address of one host, such as 198.51.100.10 or 2001:db8::10'

const bytes = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))

t.test('an address is 16 bytes, IPv4 mapped into IPv6', async t => {
  t.same(parseAddress('192.0.2.10'), bytes('00000000 00000000 0000ffff c000020a'))
  t.same(parseAddress('2001:db8::10'), bytes('20010db8 00000000 00000000 00000010'))
  t.same(parseAddress('::'), new Uint8Array(16))
  t.equal(isIpv4(parseAddress('192.0.2.10')), true)
  t.equal(isIpv4(parseAddress('2001:db8::10')), false)
})

t.test('any 16 bytes that are not mapped come back from their text', async t => {
  const sixteen = fc.uint8Array({ minLength: 16, maxLength: 16 })
  fc.assert(
    fc.property(sixteen, address => {
      // `::a.b.c.d` has a text that means something else; it was abolished by RFC 4291.
      fc.pre(isIpv4(address) || address.subarray(0, 12).some(byte => byte))
      t.same(parseAddress(formatAddress(address)), address)
    }),
  )
  const four = fc.ipV4()
  fc.assert(fc.property(four, text => formatAddress(parseAddress(text)) === text))
})

t.test('an address has one text', async t => {
  const texts = {
    '2001:DB8:0:0:1:0:0:1': '2001:db8::1:0:0:1',
    '2001:db8:0:1:1:1:1:1': '2001:db8:0:1:1:1:1:1',
    '2001:0db8:0000:0000:0000:0000:0000:0010': '2001:db8::10',
    '64:ff9b::192.0.2.1': '64:ff9b::c000:201',
    '192.0.2.1': '192.0.2.1',
  }
  for (const [text, canonical] of Object.entries(texts))
    t.equal(canonicalAddress(text), canonical)
})

t.test('what is not the address of one host is told why', async t => {
  const faults = {
    '10.1': 'is not an address',
    '010.0.0.1': 'is not an address',
    '0x7f.1': 'is not an address',
    '192.0.2.256': 'is not an address',
    '192.0.2.0/24': 'is not an address',
    'backend.example': 'is not an address',
    '': 'is not an address',
    ' 192.0.2.1': 'is not an address',
    'fe80::1%eth0': 'names a zone',
    '::ffff:192.0.2.1': 'is an IPv4 address written as IPv6',
    '::ffff:c000:201': 'is an IPv4 address written as IPv6',
    'fe80::1': 'means nothing without its link',
    '0.0.0.0': 'is not an address of a host',
    '0.1.2.3': 'is not an address of a host',
    '::': 'is not an address of a host',
    '127.0.0.1': 'is a loopback address',
    '::1': 'is a loopback address',
    '224.0.0.1': 'is a multicast address',
    'ff02::1': 'is a multicast address',
    '255.255.255.255': 'is the broadcast address',
  }
  const hostOf = conforming(Host, 'no-host')
  for (const [text, fault] of Object.entries(faults))
    t.throws(
      () => hostOf(text),
      { message: `/: ${JSON.stringify(text)} ${fault}; ${LEGAL}` },
      text,
    )
  for (const text of ['192.0.2.1', '10.0.0.1', '169.254.7.7', '2001:db8::1', 'fd00::1'])
    t.equal(hostOf(text), text)
})

t.test('parsing refuses with the text that came and what is legal', async t => {
  t.throws(() => parseAddress('10.1'), {
    constructor: Refusal,
    kind: 'invalid',
    code: 'invalid-address',
    message: `"10.1" is not an address; ${LEGAL}`,
  })
})

t.test('a MAC address is that of one host', async t => {
  t.same(parseMac('02:00:00:aB:cd:ef'), bytes('020000abcdef'))
  t.equal(macFault('02:00:00:aB:cd:ef'), undefined)
  t.equal(macFault('02-00-00-00-00-01'), 'is not a MAC address')
  t.equal(macFault('02:00:00:00:00'), 'is not a MAC address')
  t.equal(macFault('01:00:5e:00:00:01'), 'is a multicast address')
  t.equal(macFault('00:00:00:00:00:00'), 'is not an address of a host')
})
