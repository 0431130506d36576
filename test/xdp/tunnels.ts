/** Tunnel headers as their RFCs draw them, to follow an outer IP header in packet(). */
import { fields, type Layer } from '../packet.ts'

export const GRE = 47
export const GENEVE_PORT = 6081

export interface GreOptions {
  readonly key?: number
  /** All 16 bits in front of the protocol type, version included. */
  readonly flags?: number
  readonly type?: number
}

/** RFC 2784, with the key of RFC 2890. */
export function gre({ key, flags, type }: GreOptions = {}): Layer {
  const hasKey = key !== undefined
  return {
    bytes: (_, { nextType }) =>
      Buffer.concat([
        fields([16, flags ?? (hasKey ? 0x2000 : 0)], [16, type ?? nextType]),
        ...(hasKey ? [fields([32, key])] : []),
      ]),
  }
}

export interface GeneveOptions {
  readonly vni?: number
  readonly version?: number
  /** In 32-bit words. */
  readonly optionsLength?: number
  readonly options?: Buffer
  readonly control?: boolean
  readonly critical?: boolean
  readonly type?: number
}

/** RFC 8926 3.4. */
export function geneve(header: GeneveOptions = {}): Layer {
  const { vni = 0, version = 0, options = Buffer.alloc(0), control, critical } = header
  const optionsLength = header.optionsLength ?? options.length / 4
  const flags = (control ? 0x80 : 0) | (critical ? 0x40 : 0)
  return {
    bytes: (_, { nextType }) =>
      Buffer.concat([
        fields([8, (version << 6) | optionsLength], [8, flags], [16, header.type ?? nextType]),
        fields([24, vni], [8, 0]),
        options,
      ]),
  }
}

/** RFC 8926 3.5; the highest bit of the type says that it is critical. */
export const geneveOption = (type: number, data: Buffer) =>
  Buffer.concat([fields([16, 0x0103], [8, type], [8, data.length / 4]), data])
