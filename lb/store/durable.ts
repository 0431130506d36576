/**
 * Files that are there whole or not at all, whenever the power goes: written beside, synced, renamed, and
 * the folder synced. A checksum in front tells a file that something else damaged.
 */
import { createHash } from 'node:crypto'
import { open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

const DIGEST_BYTES = 32

const digestOf = (content: Uint8Array) => createHash('sha256').update(content).digest()

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r')
  await folder.sync()
}

export async function writeDurably(
  path: string,
  content: Uint8Array,
  mode = 0o640,
): Promise<void> {
  const fresh = `${path}.new`
  {
    await using file = await open(fresh, 'w', mode)
    await file.writeFile(Buffer.concat([digestOf(content), content]))
    await file.sync()
  }
  await rename(fresh, path)
  await syncFolder(dirname(path))
}

/** Undefined where there is no such file; a damaged one is an error that says so. */
export async function readChecked(path: string): Promise<Uint8Array | undefined> {
  let file: Buffer
  try {
    file = await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const content = file.subarray(DIGEST_BYTES)
  if (!digestOf(content).equals(file.subarray(0, DIGEST_BYTES)))
    throw new Error(`${path} is damaged: its checksum does not match its ${content.length} bytes`)
  return content
}
