/**
 * The backend's side, for hosts without the kernel's tunnel devices: the program that takes tunnels
 * off, on one interface, for as long as it is held or, once pinned, until it is removed.
 */
import { existsSync, readFileSync } from 'node:fs'
import { type BpfMap, BpfObject, type Program, XdpLink } from '../native/index.ts'
import type { Verdict } from '../xdp/layout.ts'
import { parseAddress } from './address.ts'
import { Refusal } from './errors.ts'
import { indicesOf } from './kernel/dataplane.ts'
import { type Attachment, attachIn, type WantedMode } from './kernel/interfaces.ts'
import { unlinkProgram } from './kernel/links.ts'
import { Pins, unpin } from './kernel/pins.ts'
import { placeOf } from './pool-tables.ts'
import { readVerdicts } from './traffic.ts'

const OBJECT = `${import.meta.dirname}/../native/build/xdp/decap.bpf.o`

export interface DecapOptions {
  readonly interface: string
  /** Outer addresses that tunnels are taken from: anybody can write a tunnel header. */
  readonly sources: readonly string[]
  readonly mode: WantedMode
  readonly genevePort: number
  /** The folder that it is pinned in, if it is. */
  readonly pins: string
}

function u16(value: number): Uint8Array {
  const bytes = new Uint8Array(2)
  new DataView(bytes.buffer).setUint16(0, value, true)
  return bytes
}

function refuseIfPinned(pin: string, name: string): void {
  if (existsSync(pin))
    throw new Refusal(
      'conflict',
      'decap-attached',
      `the decapsulator is on ${name} already; to take it off: weir decap --interface ${name} --remove`,
    )
}

export class Decapsulator implements Disposable {
  readonly attachment: Attachment
  readonly #pins: Pins
  readonly #program: Program
  readonly #verdicts: BpfMap
  readonly #link: XdpLink

  private constructor(
    attachment: Attachment,
    pins: Pins,
    program: Program,
    verdicts: BpfMap,
    link: XdpLink,
  ) {
    this.attachment = attachment
    this.#pins = pins
    this.#program = program
    this.#verdicts = verdicts
    this.#link = link
  }

  static async attach(options: DecapOptions): Promise<Decapsulator> {
    const { interface: name, sources, mode, genevePort } = options
    const keys = sources.map(parseAddress)
    const ifindex = placeOf(await indicesOf([name]), name)
    const pins = new Pins(options.pins)
    refuseIfPinned(pins.link(name), name)

    using object = await BpfObject.load(readFileSync(OBJECT), {
      constants: { geneve_port: u16(genevePort) },
    })
    const program = object.program('decapsulate')
    using taken = object.map('sources')
    for (const key of keys) taken.set(key, Uint8Array.of(1))

    const { link, ...made } = await attachIn(mode, name, wanted =>
      XdpLink.attach(program, ifindex, wanted),
    )
    const attachment = { interface: name, ifindex, ...made }
    return new Decapsulator(attachment, pins, program, object.map('verdicts'), link)
  }

  /** Packets by what became of them. */
  get verdicts(): ReadonlyMap<Verdict, bigint> {
    return readVerdicts(this.#verdicts)
  }

  /** From now on it stays on the interface when this process ends. */
  pin(): void {
    const { interface: name } = this.attachment
    this.#pins.create()
    this.#link.pin(this.#pins.link(name))
    unpin(this.#pins.map(name))
    this.#verdicts.pin(this.#pins.map(name))
  }

  [Symbol.dispose](): void {
    for (const owned of [this.#link, this.#verdicts, this.#program]) owned.close()
  }
}

/** Takes a pinned one off; false if there was none. */
export function removeDecapsulator(name: string, directory: string): boolean {
  const pins = new Pins(directory)
  const wasThere = existsSync(pins.link(name))
  unlinkProgram(pins.link(name))
  unpin(pins.map(name))
  pins.removeUnlessLinked()
  return wasThere
}
