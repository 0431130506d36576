/** What must hold between the resources of an intent, when each of them is valid by itself. */
import { refuseFields, show } from './errors.ts'
import type { Intent } from './intent.ts'
import { portRange, WIDEST_EXPANDED } from './listener.ts'
import type { Listener } from './vip.ts'

const LAST_PORT = 65535

/** The names that exist, for a message. */
export const namesOf = (resources: Readonly<Record<string, unknown>>) =>
  Object.keys(resources).slice(0, 20).join(', ') || 'none exists yet'

/** Each backend needs a row at least. */
function checkRows({ pools }: Intent): void {
  for (const [name, { backends, rows }] of Object.entries(pools)) {
    const count = Object.keys(backends).length
    if (count <= rows) continue
    const detail = `${count} backends are not legal; legal: at most one for each of the ${rows} rows`
    throw refuseFields('invalid', 'too-many-backends', [
      { pointer: `/pools/${name}/backends`, detail },
    ])
  }
}

function checkReferences({ pools, vips }: Intent): void {
  const faults = Object.entries(vips)
    .filter(([, { pool }]) => !Object.hasOwn(pools, pool))
    .map(([name, { pool }]) => ({
      pointer: `/vips/${name}/pool`,
      detail: `${show(pool)} is not a pool that exists; legal: ${namesOf(pools)}`,
    }))
  if (faults.length > 0) throw refuseFields('invalid', 'unknown-pool', faults)
}

/** A backend at the address of a VIP would send back to us whatever we send it. */
function checkLoops({ pools, vips }: Intent): void {
  const places = new Map(
    Object.entries(vips).flatMap(([name, { addresses }]) =>
      addresses.map((address, index) => [address, `/vips/${name}/addresses/${index}`]),
    ),
  )
  for (const [pool, { backends }] of Object.entries(pools))
    for (const [name, { address }] of Object.entries(backends)) {
      const vip = places.get(address)
      if (!vip) continue
      const backend = `/pools/${pool}/backends/${name}/address`
      throw refuseFields('conflict', 'address-loop', [
        { pointer: backend, detail: `${address} is an address of a VIP; legal: any other` },
        { pointer: vip, detail: `${address} is the address of a backend; legal: any other` },
      ])
    }
}

/** A listener on one address, and the ports of the kernel's keys that it needs there. */
interface Claim {
  readonly vip: string
  readonly pointer: string
  readonly listener: Listener
  readonly address: string
  readonly first: number
  readonly last: number
}

const isWide = ([first, last]: readonly [number, number]) => last - first >= WIDEST_EXPANDED

/** All wide claims on an address and protocol meet in one key, whatever their ports are. */
function claimsOf(intent: Intent): Map<string, Claim[]> {
  const claims = Object.entries(intent.vips).flatMap(([vip, { addresses, listeners }]) =>
    listeners.flatMap((listener, index) => {
      const wide = isWide(portRange(listener))
      const [first, last] = wide ? [0, LAST_PORT] : portRange(listener)
      const pointer = `/vips/${vip}/listeners/${index}`
      return addresses.map(address => ({ vip, pointer, listener, address, first, last, wide }))
    }),
  )
  return Map.groupBy(
    claims,
    ({ address, listener, wide }) => `${address} ${listener.protocol} ${wide}`,
  )
}

const describe = ({ listener: { protocol, port } }: Claim) =>
  protocol === 'any' ? 'protocol any' : `${protocol} ${port ?? 'any port'}`

function faultBetween(one: Claim, other: Claim) {
  const legal = isWide([one.first, one.last])
    ? `one listener for any port or for more than ${WIDEST_EXPANDED} ports, on each address for each protocol`
    : 'ports that no other listener on the address takes'
  return {
    pointer: one.pointer,
    detail: `${describe(one)} of vip ${one.vip} on ${one.address} meets ${describe(other)} of vip ${other.vip}; legal: ${legal}`,
  }
}

function checkListeners(intent: Intent): void {
  for (const claims of claimsOf(intent).values()) {
    const sorted = claims.toSorted((a, b) => a.first - b.first)
    for (const [index, claim] of sorted.entries()) {
      const next = sorted[index + 1]
      if (!next || next.first > claim.last) continue
      const kind = claim.vip === next.vip ? 'invalid' : 'conflict'
      throw refuseFields(kind, 'listener-conflict', [
        faultBetween(claim, next),
        faultBetween(next, claim),
      ])
    }
  }
}

export function checkConsistent(intent: Intent): void {
  checkRows(intent)
  checkReferences(intent)
  checkLoops(intent)
  checkListeners(intent)
}
