/** Pinned XDP links: attached once, updated in one step, there after a restart. */
import { existsSync } from 'node:fs'
import { type Program, XdpLink } from '../../native/index.ts'
import { unpin } from './pins.ts'

export type AttachMode = 'native' | 'generic'

/** A pinned link outlives its interface, without an index: then it is of no use. */
function adopt(pin: string, ifindex: number): XdpLink | undefined {
  if (!existsSync(pin)) return undefined
  const link = XdpLink.open(pin)
  if (link.shape.ifindex === ifindex) return link
  link.close()
  unpin(pin)
  return undefined
}

/** `program` on the interface, by the link pinned there if there is one: no packet passes between. */
export function keepLinked(
  program: Program,
  ifindex: number,
  mode: AttachMode,
  pin: string,
): XdpLink {
  const adopted = adopt(pin, ifindex)
  if (adopted) {
    if (adopted.shape.programId !== program.shape.id) adopted.update(program)
    return adopted
  }
  const link = XdpLink.attach(program, ifindex, mode)
  link.pin(pin)
  return link
}

/** Takes the program off the interface: the pin is what keeps it there. */
export function unlinkProgram(pin: string): void {
  if (!existsSync(pin)) return
  using link = XdpLink.open(pin)
  unpin(pin)
  link.detach()
}
