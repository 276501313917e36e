import type { Content } from '../blob-store.ts'
import type { AzureContainer } from './container.ts'
import { AzureUpload } from './upload.ts'

/** Stores a whole object: with one request up to 8 MiB, in blocks above. Returns its size. */
export async function putBlob(container: AzureContainer, name: string, content: Content): Promise<number> {
  const upload = new AzureUpload(container, name)
  try {
    await upload.append(content.stream(), { last: true })
    await upload.commit()
    return upload.sizeBytes
  } catch (error) {
    await container.discard(name).catch(() => undefined)
    throw error
  }
}
