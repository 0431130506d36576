/**
 * Files that are there whole or not at all, whenever the power goes: written beside, synced, renamed,
 * and the folder synced. A checksum in front tells a file that something else damaged.
 */
import { hash } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Refusal } from '../errors.ts'
import { hasCode } from './errno.ts'

/** Nobody but the daemon's user has business with its state. */
const PRIVATE = 0o600
const DIGEST_BYTES = 32

export const DAMAGED = 'file-damaged'

const digestOf = (content: Uint8Array) => hash('sha256', content, 'buffer')

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r')
  await folder.sync()
}

async function writeSynced(path: string, parts: readonly Uint8Array[]): Promise<void> {
  await using file = await open(path, 'w', PRIVATE)
  for (const part of parts) await file.writeFile(part)
  await file.sync()
}

export async function writeDurably(path: string, content: Uint8Array): Promise<void> {
  const fresh = `${path}.new`
  try {
    await writeSynced(fresh, [digestOf(content), content])
    await rename(fresh, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await rm(fresh, { force: true })
    if (!hasCode(error, 'ENOSPC', 'EDQUOT')) throw error
    throw new Refusal('capacity', 'disk-full', `no space is left to write ${path}`)
  }
}

/** Undefined where there is no such file. */
export async function readChecked(path: string): Promise<Uint8Array | undefined> {
  let file: Buffer
  try {
    file = await readFile(path)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
  const content = file.subarray(DIGEST_BYTES)
  if (digestOf(content).equals(file.subarray(0, DIGEST_BYTES))) return content
  const detail = `its checksum does not fit its ${content.length} bytes of content`
  throw new Refusal('missing', DAMAGED, `${path} is damaged: ${detail}`)
}
