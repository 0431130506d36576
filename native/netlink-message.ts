/**
 * The frame of netlink messages: a header, a part of fixed size for each type, then attributes,
 * all aligned to 4 bytes. Hosts are little-endian.
 */
const HEADER = 16
const ATTRIBUTE_HEADER = 4
/** Above an attribute's type: nested, or in network byte order. */
const ATTRIBUTE_FLAGS = 0xc000
/** Types below are netlink's own, such as the end of a dump. */
const FIRST_TYPE = 16

export const DUMP = 0x300
export const CREATE = 0x400
/** Something changed during the dump, which is inconsistent now. */
const DUMP_INTERRUPTED = 0x10

export interface Message {
  readonly type: number
  /** The fixed part and the attributes. */
  readonly body: Buffer
}

const align = (length: number) => (length + 3) & ~3

const bufferOf = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

export function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function encodeAttribute(type: number, value: Uint8Array): Buffer {
  const bytes = Buffer.alloc(align(ATTRIBUTE_HEADER + value.length))
  bytes.writeUInt16LE(ATTRIBUTE_HEADER + value.length, 0)
  bytes.writeUInt16LE(type, 2)
  bytes.set(value, ATTRIBUTE_HEADER)
  return bytes
}

export function encode(
  type: number,
  flags: number,
  fixed: Uint8Array,
  attributes: readonly (readonly [type: number, value: Uint8Array])[] = [],
): Uint8Array {
  const header = Buffer.alloc(HEADER)
  const encoded = attributes.map(([type, value]) => encodeAttribute(type, value))
  const message = Buffer.concat([header, fixed, ...encoded])
  message.writeUInt32LE(message.length, 0)
  message.writeUInt16LE(type, 4)
  message.writeUInt16LE(flags, 6)
  return message
}

function* frames(bytes: Uint8Array): Generator<Buffer> {
  const buffer = bufferOf(bytes)
  for (let at = 0; at < buffer.length; ) {
    const length = buffer.readUInt32LE(at)
    yield buffer.subarray(at, at + length)
    at += align(length)
  }
}

export function wasInterrupted(answer: Uint8Array): boolean {
  return frames(answer).some(frame => (frame.readUInt16LE(6) & DUMP_INTERRUPTED) !== 0)
}

export function decode(bytes: Uint8Array): Message[] {
  return frames(bytes)
    .map(frame => ({ type: frame.readUInt16LE(4), body: frame.subarray(HEADER) }))
    .filter(({ type }) => type >= FIRST_TYPE)
    .toArray()
}

/** By type, from `at` on, which is where the fixed part ends. */
export function attributes(body: Buffer, at: number): Map<number, Buffer> {
  const found = new Map<number, Buffer>()
  while (at + ATTRIBUTE_HEADER <= body.length) {
    const length = body.readUInt16LE(at)
    const type = body.readUInt16LE(at + 2) & ~ATTRIBUTE_FLAGS
    found.set(type, body.subarray(at + ATTRIBUTE_HEADER, at + length))
    at += align(length)
  }
  return found
}
