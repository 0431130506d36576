/** Traffic made in the kernel: traffic.bpf.c loaded for one scenario and a number of flows. */
import { readFileSync } from 'node:fs'
import { isIpv4 } from '../lb/address.ts'
import { BpfObject } from '../native/index.ts'
import { frame } from './frames.ts'
import type { Scenario } from './scenario.ts'

const OBJECT = `${import.meta.dirname}/../native/build/bench/traffic.bpf.o`

const bytes = (array: Uint16Array | Uint32Array) => new Uint8Array(array.buffer)

export interface Traffic {
  readonly object: BpfObject
  /** The first packet. */
  readonly data: Uint8Array
}

/** `growth` is how far the empty program moves the head. */
export async function traffic(
  { client, destination, transport, port }: Scenario,
  flows: number,
  growth: number,
): Promise<Traffic> {
  const data = frame(client, destination, transport)
  const view = new DataView(client.buffer)
  const object = await BpfObject.load(readFileSync(OBJECT), {
    constants: {
      frame_length: bytes(Uint32Array.of(data.length)),
      ethernet_start: data.slice(0, 8),
      ethernet_end: data.slice(6, 14),
      ipv6: Uint8Array.of(isIpv4(destination) ? 0 : 1),
      destination_port: Uint8Array.of(port >> 8, port),
      client_address: bytes(Uint32Array.of(view.getUint32(12))),
      flow_mask: bytes(Uint32Array.of(flows - 1)),
      growth: bytes(Uint32Array.of(growth)),
    },
  })
  return { object, data }
}
