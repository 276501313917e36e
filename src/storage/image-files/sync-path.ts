import { open } from 'node:fs/promises'

/** A file, or a folder with the names in it, survives a power cut from now on. */
export async function syncPath(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
