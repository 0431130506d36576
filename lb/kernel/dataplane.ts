/** The kernel's half of the load balancer: programs, maps and links, adopted or made. */
import type { BpfMap } from '../../native/index.ts'
import { Routing } from '../../native/rtnetlink.ts'
import type { Write } from '../diff.ts'
import { Refusal } from '../errors.ts'
import type { Node } from '../node.ts'
import type { Report } from '../report.ts'
import type { Tables } from '../tables.ts'
import { EgressInterfaces } from './egress.ts'
import { type Attachment, Interfaces } from './interfaces.ts'
import { Pins } from './pins.ts'
import { openPrograms, type Programs } from './program.ts'
import { openTables, readTables } from './reader.ts'
import { Writer } from './writer.ts'

export async function indicesOf(names: readonly string[]): Promise<Map<string, number>> {
  using routing = new Routing()
  const links = new Map((await routing.links()).map(({ name, index }) => [name, index]))
  return new Map(
    names.map(name => {
      const index = links.get(name)
      if (index !== undefined) return [name, index]
      throw new Refusal(
        'invalid',
        'no-interface',
        `interfaces: ${name} is none of this host's, which are ${[...links.keys()].join(', ')}`,
      )
    }),
  )
}

export class DataPlane implements Disposable {
  readonly programs: Programs
  readonly #pins: Pins
  readonly #egress: EgressInterfaces
  readonly #tables: Map<number, BpfMap>
  readonly #writer: Writer
  readonly #interfaces: Interfaces
  readonly #indices: ReadonlyMap<string, number>

  private constructor(
    pins: Pins,
    programs: Programs,
    indices: ReadonlyMap<string, number>,
    report: Report,
  ) {
    const own = new Set(indices.values())
    const { maps, pass, loadBalance } = programs
    this.programs = programs
    this.#pins = pins
    this.#egress = new EgressInterfaces(pins, maps.egress, pass, own, report)
    this.#tables = openTables(pins, maps.tables)
    this.#writer = new Writer(maps, pins, this.#tables, this.#egress)
    this.#interfaces = new Interfaces(pins, loadBalance)
    this.#indices = indices
  }

  static async open(node: Node, hashKey: Uint8Array, report: Report): Promise<DataPlane> {
    const indices = await indicesOf(node.interfaces)
    const pins = new Pins(node.pins)
    try {
      pins.create()
      const programs = await openPrograms(pins, node.capacity, hashKey)
      return new DataPlane(pins, programs, indices, report)
    } catch (error) {
      pins.removeUnlessLinked()
      throw error
    }
  }

  read(): Tables {
    return readTables(this.programs.maps, this.#tables)
  }

  apply(writes: readonly Write[]): Promise<void> {
    return this.#writer.apply(writes)
  }

  /** Puts the program on the node's interfaces, once the maps say what they should. */
  async attach(mode: Node['mode']): Promise<Attachment[]> {
    const attachments: Attachment[] = []
    for (const [name, ifindex] of this.#indices)
      attachments.push(await this.#interfaces.attach(name, ifindex, mode))
    this.#interfaces.detachOthers()
    this.#egress.follow()
    return attachments
  }

  /** For a start that failed: what was there before it is there yet, and nothing else. */
  undo(): void {
    this.#interfaces.undo()
    this.#pins.removeUnlessLinked()
  }

  /** Lets go of the kernel's objects; what is pinned stays and goes on forwarding. */
  [Symbol.dispose](): void {
    const { maps, loadBalance, pass, dry } = this.programs
    this.#interfaces[Symbol.dispose]()
    for (const owned of [
      ...Object.values(maps),
      ...this.#tables.values(),
      loadBalance,
      pass,
      dry,
    ])
      owned.close()
  }
}
