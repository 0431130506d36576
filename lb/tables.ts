/** What the kernel holds, as bytes by key: the common tongue of compile, diff, reader and writer. */

/** Keys of hash maps as text (latin1, a character a byte), so that they compare by value. */
export type KeyText = string

export const keyText = (key: Uint8Array): KeyText => Buffer.from(key).toString('latin1')
export const keyBytes = (text: KeyText): Uint8Array => Buffer.from(text, 'latin1')

export interface BackendTable {
  /** A packed `struct header`. */
  readonly header: Uint8Array
  readonly generation: number
}

export interface Tables {
  readonly addresses: ReadonlyMap<KeyText, Uint8Array>
  readonly vips: ReadonlyMap<KeyText, Uint8Array>
  /** By table index: the backend index of each row. */
  readonly rows: ReadonlyMap<number, Uint16Array>
  readonly backends: ReadonlyMap<number, BackendTable>
  /** Interfaces that packets are redirected to. */
  readonly egress: ReadonlySet<number>
  /** The packed `struct node`. */
  readonly node: Uint8Array
}
