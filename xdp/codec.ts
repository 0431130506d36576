/** How layout.ts turns a kernel struct into an object and back. Hosts are little-endian. */

export interface Codec<T> {
  readonly size: number
  read(view: DataView, at: number): T
  write(value: T, view: DataView, at: number): void
  /** All bytes that are no field, among them `reserved`, are zero. */
  pack(value: T): Uint8Array
  unpack(bytes: Uint8Array): T
}

const viewOf = (bytes: Uint8Array) =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

export function codec<T>(
  size: number,
  read: (view: DataView, at: number) => T,
  write: (value: T, view: DataView, at: number) => void,
): Codec<T> {
  return {
    size,
    read,
    write,
    pack(value) {
      const bytes = new Uint8Array(size)
      write(value, viewOf(bytes), 0)
      return bytes
    },
    unpack: bytes => read(viewOf(bytes), 0),
  }
}

export function readBytes(view: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, length).slice()
}

/** Fewer bytes than the field holds are followed by zeros; more are an error. */
export function writeBytes(
  view: DataView,
  at: number,
  bytes: Uint8Array,
  length: number,
): void {
  if (bytes.length > length)
    throw new RangeError(`${bytes.length} bytes in a field of ${length}`)
  const field = new Uint8Array(view.buffer, view.byteOffset + at, length)
  field.fill(0)
  field.set(bytes)
}
