/** The program's counters, summed over CPUs and named as the configuration names things. */
import type { BpfMap } from '../native/index.ts'
import { type Codec, codec } from '../xdp/codec.ts'
import {
  type BackendTraffic,
  backendTraffic,
  type Verdict,
  type VipTraffic,
  verdicts,
  vipTraffic,
} from '../xdp/layout.ts'
import type { Compiled } from './compile.ts'
import { indexKey } from './kernel/key.ts'
import type { Maps } from './kernel/program.ts'

export interface Traffic {
  readonly vips: readonly (VipTraffic & { readonly vip: string })[]
  readonly backends: readonly (BackendTraffic & {
    readonly pool: string
    readonly backend: string
  })[]
  readonly verdicts: ReadonlyMap<Verdict, bigint>
}

/** The fields of each CPU's counters added up. */
function total<T extends object>(codec: Codec<T>, perCpu: Uint8Array): T {
  const sum: Record<string, bigint> = {}
  for (let at = 0; at < perCpu.length; at += codec.size)
    for (const [field, count] of Object.entries(
      codec.unpack(perCpu.subarray(at, at + codec.size)),
    ))
      sum[field] = (sum[field] ?? 0n) + count
  return sum as T
}

function countersAt(map: BpfMap, index: number): Uint8Array {
  const counters = map.get(indexKey(index))
  if (!counters) throw new RangeError(`${map.shape.name} has no entry ${index}`)
  return counters
}

const counter: Codec<{ readonly packets: bigint }> = codec(
  8,
  (view, at) => ({ packets: view.getBigUint64(at, true) }),
  ({ packets }, view, at) => view.setBigUint64(at, packets, true),
)

/** Packets by verdict, those that never occurred too; `next_stage` is none that a packet ends with. */
export function readVerdicts(map: BpfMap): ReadonlyMap<Verdict, bigint> {
  const counts = verdicts.map(
    ({ name }, index) => [name, total(counter, countersAt(map, index)).packets] as const,
  )
  return new Map(counts.slice(1))
}

export function readTraffic(maps: Maps, compiled: Compiled): Traffic {
  return {
    vips: [...compiled.vips].map(([vip, { index }]) => ({
      vip,
      ...total(vipTraffic, countersAt(maps.vip_traffic, index)),
    })),
    backends: [...compiled.pools].flatMap(([pool, { backends }]) =>
      backends.map(({ name, index }) => ({
        pool,
        backend: name,
        ...total(backendTraffic, countersAt(maps.backend_traffic, index)),
      })),
    ),
    verdicts: readVerdicts(maps.verdicts),
  }
}
