/** JSON merge patch, RFC 7396: what is null goes, what is an object is merged, all else replaces. */
import { isObject } from './schema.ts'

export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const members = new Map(isObject(target) ? Object.entries(target) : [])
  for (const [key, value] of Object.entries(patch))
    if (value === null) members.delete(key)
    else members.set(key, mergePatch(members.get(key), value))
  return Object.fromEntries(members)
}
