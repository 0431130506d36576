/** The program on the interfaces of the node file. A restart finds it there and leaves it there. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { KernelError, type Program, type XdpLink } from '../../native/index.ts'
import { Refusal } from '../errors.ts'
import { type AttachMode, isLinked, keepLinked, unlinkProgram } from './links.ts'
import type { Pins } from './pins.ts'

export interface Attachment {
  readonly interface: string
  readonly ifindex: number
  readonly mode: AttachMode
  /** Why it is not native, if `auto` tried that first. */
  readonly warning?: string
}

export type WantedMode = 'auto' | AttachMode

const MODES: readonly AttachMode[] = ['native', 'generic']

/** A driver without native XDP says one of these. */
const NOT_NATIVE = ['EOPNOTSUPP', 'EINVAL', 'ERANGE']

/** Another program is there: in the same mode, in the other one. */
const TAKEN = ['EBUSY', 'EEXIST']

/** Generic mode sees what GRO merged, up to 64 KB on a 1500-byte link: nothing may be merged. */
async function stopMerging(name: string): Promise<void> {
  try {
    await promisify(execFile)('ethtool', ['-K', name, 'gro', 'off', 'lro', 'off'])
  } catch (error) {
    throw new Refusal(
      'invalid',
      'gro-stays-on',
      `generic mode on ${name} needs GRO and LRO off, and that was refused: ${String(error)}`,
    )
  }
}

function refuseIfTaken(error: unknown, name: string): void {
  if (!(error instanceof KernelError) || !TAKEN.includes(error.code)) return
  throw new Refusal(
    'conflict',
    'interface-taken',
    `${name} has an XDP program that is not ours; end what put it there, or take it off: ip link set dev ${name} xdp off`,
  )
}

/** In the mode asked for; `auto` is native where the driver has that, else generic, with the reason. */
export async function attachIn(
  wanted: WantedMode,
  name: string,
  attach: (mode: AttachMode) => XdpLink,
): Promise<Pick<Attachment, 'mode' | 'warning'> & { readonly link: XdpLink }> {
  const attachAs = async (mode: AttachMode) => {
    const link = attach(mode)
    try {
      if (mode === 'generic') await stopMerging(name)
      return { mode, link }
    } catch (error) {
      link.close()
      throw error
    }
  }
  try {
    return await attachAs(wanted === 'generic' ? 'generic' : 'native')
  } catch (error) {
    refuseIfTaken(error, name)
    const isDriver = error instanceof KernelError && NOT_NATIVE.includes(error.code)
    if (wanted !== 'auto' || !isDriver) throw error
    const generic = await attachAs('generic')
    return { ...generic, warning: `native XDP is not to be had on ${name}: ${error.message}` }
  }
}

export class Interfaces implements Disposable {
  readonly #pins: Pins
  readonly #program: Program
  readonly #links = new Map<string, XdpLink>()
  /** Pins of interfaces that the program was not on before this start. */
  readonly #added: string[] = []

  constructor(pins: Pins, program: Program) {
    this.#pins = pins
    this.#program = program
  }

  async attach(name: string, ifindex: number, wanted: WantedMode): Promise<Attachment> {
    const current = MODES.find(mode => isLinked(this.#pin(name, mode), ifindex))
    if (!current) this.#added.push(...MODES.map(mode => this.#pin(name, mode)))
    if (current && wanted === 'auto') return this.#keep(name, ifindex, current)
    // The kernel takes one mode at a time.
    if (current && wanted !== current) unlinkProgram(this.#pin(name, current))
    try {
      return await this.#attachIn(wanted, name, ifindex)
    } catch (error) {
      if (current) this.#link(name, ifindex, current)
      throw error
    }
  }

  /** Takes the program off interfaces that it was on before and is not on now. */
  detachOthers(): void {
    for (const pin of this.#pins.links()) if (!this.#links.has(pin)) unlinkProgram(pin)
  }

  /** Takes the program off where it was not before this start. */
  undo(): void {
    for (const pin of this.#added) unlinkProgram(pin)
  }

  /** The program stays where it is: the pins hold it there. */
  [Symbol.dispose](): void {
    for (const link of this.#links.values()) link.close()
  }

  /** Native may be possible by now; but to try that would be to stop forwarding. */
  async #keep(name: string, ifindex: number, mode: AttachMode): Promise<Attachment> {
    const kept = await this.#attachIn(mode, name, ifindex)
    const warning = `the program was on ${name} in generic mode, and stays; mode: native would change that`
    return mode === 'generic' ? { ...kept, warning } : kept
  }

  async #attachIn(wanted: WantedMode, name: string, ifindex: number): Promise<Attachment> {
    const { link: _link, ...made } = await attachIn(wanted, name, mode =>
      this.#link(name, ifindex, mode),
    )
    return { interface: name, ifindex, ...made }
  }

  #link(name: string, ifindex: number, mode: AttachMode): XdpLink {
    const pin = this.#pin(name, mode)
    unlinkProgram(this.#pins.egress(ifindex))
    const link = keepLinked(this.#program, ifindex, mode, pin)
    this.#links.set(pin, link)
    return link
  }

  #pin(name: string, mode: AttachMode): string {
    return this.#pins.link(`${name}-${mode}`)
  }
}
