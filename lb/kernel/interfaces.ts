/** The program on the interfaces of the node file. A restart finds it there and leaves it there. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { KernelError, type Program, type XdpLink } from '../../native/index.ts'
import { Refusal } from '../errors.ts'
import { type AttachMode, keepLinked, unlinkProgram } from './links.ts'
import type { Pins } from './pins.ts'

export interface Attachment {
  readonly interface: string
  readonly ifindex: number
  readonly mode: AttachMode
  /** Why it is not native, if `auto` tried that first. */
  readonly warning?: string
}

export type WantedMode = 'auto' | AttachMode

/** A driver without native XDP says one of these. */
const NOT_NATIVE = ['EOPNOTSUPP', 'EINVAL', 'ERANGE']

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

/** In the mode asked for; `auto` is native where the driver has that, else generic, with the reason. */
export async function attachIn(
  wanted: WantedMode,
  name: string,
  attach: (mode: AttachMode) => XdpLink,
): Promise<Pick<Attachment, 'mode' | 'warning'> & { readonly link: XdpLink }> {
  const attachAs = async (mode: AttachMode) => {
    if (mode === 'generic') await stopMerging(name)
    return { mode, link: attach(mode) }
  }
  if (wanted !== 'auto') return attachAs(wanted)
  try {
    return await attachAs('native')
  } catch (error) {
    if (!(error instanceof KernelError) || !NOT_NATIVE.includes(error.code)) throw error
    const generic = await attachAs('generic')
    return { ...generic, warning: `native XDP is not to be had on ${name}: ${error.message}` }
  }
}

export class Interfaces implements Disposable {
  readonly #pins: Pins
  readonly #program: Program
  readonly #links = new Map<string, XdpLink>()

  constructor(pins: Pins, program: Program) {
    this.#pins = pins
    this.#program = program
  }

  async attach(name: string, ifindex: number, wanted: WantedMode): Promise<Attachment> {
    const pin = (mode: AttachMode) => this.#pins.link(`${name}-${mode}`)
    const { link, ...made } = await attachIn(wanted, name, mode => {
      unlinkProgram(this.#pins.egress(ifindex))
      return keepLinked(this.#program, ifindex, mode, pin(mode))
    })
    this.#links.set(pin(made.mode), link)
    return { interface: name, ifindex, ...made }
  }

  /** Takes the program off interfaces that it was on before and is not on now. */
  detachOthers(): void {
    for (const pin of this.#pins.links()) if (!this.#links.has(pin)) unlinkProgram(pin)
  }

  /** The program stays where it is: the pins hold it there. */
  [Symbol.dispose](): void {
    for (const link of this.#links.values()) link.close()
  }
}
