/**
 * What a change leaves as it was stays the same object, however the change came: whoever compares
 * two intents needs to look only at what is another object.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Intent } from './intent.ts'
import type { Pool } from './pool.ts'

const share = <T>(before: T, after: T): T => (isDeepStrictEqual(before, after) ? before : after)

function shareMembers<T>(
  before: Readonly<Record<string, T>>,
  after: Readonly<Record<string, T>>,
  shareMember: (before: T, after: T) => T,
): Readonly<Record<string, T>> {
  const members = Object.entries(after).map(([name, member]) => {
    const old = Object.hasOwn(before, name) ? before[name] : undefined
    return [name, old === undefined ? member : shareMember(old, member)] as const
  })
  const same = members.every(([name, member]) => before[name] === member)
  return same && members.length === Object.keys(before).length
    ? before
    : Object.fromEntries(members)
}

function sharePool(before: Pool, after: Pool): Pool {
  if (before === after) return before
  return share(before, {
    ...after,
    encapsulation: share(before.encapsulation, after.encapsulation),
    backends: shareMembers(before.backends, after.backends, share),
  })
}

export function shareIntent(before: Intent, after: Intent): Intent {
  const pools = shareMembers(before.pools, after.pools, sharePool)
  const vips = shareMembers(before.vips, after.vips, share)
  return pools === before.pools && vips === before.vips ? before : { pools, vips }
}
