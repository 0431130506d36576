/**
 * The fields of an outer header that the flow's hash or chance decides: taken out and checked, so
 * that the rest of the packet can be compared whole.
 */
import assert from 'node:assert/strict'
import { checksum, UDP } from '../packet.ts'

export interface Entropy {
  /** Of a UDP tunnel. */
  readonly sourcePort?: number
  /** Of an outer IPv6 header. */
  readonly flowLabel?: number
  /** Of an outer IPv4 header without DF. */
  readonly identification?: number
}

const TAGS: readonly number[] = [0x8100, 0x88a8]

/** Where the IP header of a frame begins. */
export function networkOffset(frame: Buffer): number {
  let type = 12
  while (TAGS.includes(frame.readUInt16BE(type))) type += 4
  return type + 2
}

function takeSourcePort(udp: Buffer): Entropy {
  const sourcePort = udp.readUInt16BE(0)
  assert.ok(sourcePort >= 49152, `source port ${sourcePort} is not of the dynamic range`)
  udp.writeUInt16BE(0, 0)
  return { sourcePort }
}

function takeFromIpv4(ip: Buffer): Entropy {
  const header = ip.subarray(0, 20)
  assert.equal(checksum(header), 0, 'the checksum of the outer IPv4 header is wrong')
  const df = header.readUInt16BE(6) & 0x4000
  const identification = header.readUInt16BE(4)
  if (!df) {
    header.writeUInt16BE(0, 4)
    header.writeUInt16BE(0, 10)
    header.writeUInt16BE(checksum(header), 10)
  }
  return {
    ...(header[9] === UDP ? takeSourcePort(ip.subarray(20)) : {}),
    ...(df ? {} : { identification }),
  }
}

function takeFromIpv6(ip: Buffer): Entropy {
  const firstWord = ip.readUInt32BE(0)
  const flowLabel = firstWord % 2 ** 20
  ip.writeUInt32BE(firstWord - flowLabel, 0)
  return { flowLabel, ...(ip[6] === UDP ? takeSourcePort(ip.subarray(40)) : {}) }
}

/** The packet with zeros where its entropy was. */
export function takeEntropy(frame: Buffer): { packet: Buffer; entropy: Entropy } {
  const packet = Buffer.from(frame)
  const ip = packet.subarray(networkOffset(packet))
  const take = (ip[0] ?? 0) >> 4 === 4 ? takeFromIpv4 : takeFromIpv6
  return { entropy: take(ip), packet }
}
