/** Pinned XDP links: attached once, updated in one step, there after a restart. */
import { existsSync } from 'node:fs'
import { type Program, XdpLink } from '../../native/index.ts'
import { unpin } from './pins.ts'

export type AttachMode = 'native' | 'generic'

/** Whether a link is pinned there that is this interface's: it outlives an interface, without an index. */
export function isLinked(pin: string, ifindex: number): boolean {
  if (!existsSync(pin)) return false
  using link = XdpLink.open(pin)
  return link.shape.ifindex === ifindex
}

/** `program` on the interface, by the link pinned there if there is one: no packet passes between. */
export function keepLinked(
  program: Program,
  ifindex: number,
  mode: AttachMode,
  pin: string,
): XdpLink {
  if (isLinked(pin, ifindex)) {
    const adopted = XdpLink.open(pin)
    if (adopted.shape.programId !== program.shape.id) adopted.update(program)
    return adopted
  }
  unpin(pin)
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
