/** Bytes of protocol headers, in network order. */

export const concat = (...parts: readonly Uint8Array[]): Uint8Array => {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

export const u16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value)

export const u24 = (value: number): Uint8Array => Uint8Array.of(value >> 16, value >> 8, value)

export const u32 = (value: number): Uint8Array =>
  Uint8Array.of(value >>> 24, value >> 16, value >> 8, value)
