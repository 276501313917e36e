import { open } from 'node:fs/promises'
import type { Answer } from '../client/guarded-egress.ts'
import { openWebFiles, type WebFilesOptions } from '../client/web-files.ts'
import { isRecordId, MAX_RECORD_BYTES } from './osv-record.ts'

/** A source of exports as OSV lays them out, one folder for each ecosystem. */
export interface Feed {
  /** For people. */
  readonly host: string
  /** What changed at or after a time, the newest first; undefined: it does not tell, or more than `most` did. */
  changedSince(ecosystem: string, since: number, most: number): Promise<readonly Change[] | undefined>
  /** The text of one record; undefined: it has none of that name. */
  record(ecosystem: string, id: string): Promise<string | undefined>
  /** Writes the whole export into a new file; undefined: it is the one with this etag still. */
  download(ecosystem: string, path: string, etag: string | undefined): Promise<Download | undefined>
}

export interface Change {
  readonly id: string
  readonly at: number
}

export interface Download {
  readonly url: string
  readonly etag: string | undefined
}

/** It did not give what it should. The message is for people, and has nothing in it of what it said. */
export class FeedError extends Error {}

const MAX_DOWNLOAD_BYTES = 8 * 1024 ** 3
const MAX_LINE = 1024

export function openFeed(options: WebFilesOptions): Feed {
  const files = openWebFiles(options)
  const { host } = files
  return {
    host,
    changedSince: async (ecosystem, since, most) => {
      const found = await files.get([ecosystem, 'modified_id.csv'])
      return found === undefined || found === 'unchanged' ? undefined : newestChanges(found.answer, since, most)
    },
    record: async (ecosystem, id) => {
      const found = await files.get([ecosystem, `${id}.json`])
      if (found === undefined || found === 'unchanged') return undefined
      return new TextDecoder().decode(await found.answer.bytes(MAX_RECORD_BYTES))
    },
    download: async (ecosystem, path, etag) => {
      const found = await files.get([ecosystem, 'all.zip'], etag)
      if (found === 'unchanged') return undefined
      if (found === undefined) throw new FeedError(`${host} has no data of ${ecosystem}`)
      await save(found.answer, path, host)
      return { url: found.url, etag: usableEtag(found.answer.header('etag')) }
    },
  }
}

/** Lines of `time,id`, the newest first. */
async function newestChanges(answer: Answer, since: number, most: number): Promise<readonly Change[] | undefined> {
  const changes: Change[] = []
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of answer.body) {
    const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const change = parseChange(line)
      // Leaving the loop ends the answer: all the rest is older.
      if (change !== undefined && change.at < since) return changes
      if (change === undefined || changes.length >= most) return undefined
      changes.push(change)
    }
    if (rest.length > MAX_LINE) return undefined
  }
  return changes
}

function parseChange(line: string): Change | undefined {
  const [time = '', id] = line.trim().split(',')
  const at = Date.parse(time)
  return line.length <= MAX_LINE && isRecordId(id) && Number.isFinite(at) ? { id, at } : undefined
}

async function save(answer: Answer, path: string, host: string): Promise<void> {
  const announced = Number(answer.header('content-length') ?? Number.NaN)
  const file = await open(path, 'wx', 0o600)
  let size = 0
  try {
    for await (const chunk of answer.body) {
      size += chunk.byteLength
      if (size > MAX_DOWNLOAD_BYTES) throw new FeedError(`${host} sent more than ${MAX_DOWNLOAD_BYTES} bytes`)
      await file.writeFile(chunk)
    }
  } finally {
    await file.close()
  }
  if (!Number.isNaN(announced) && announced !== size) throw new FeedError(`${host} did not send all of it`)
}

function usableEtag(etag: string | undefined): string | undefined {
  return etag !== undefined && etag.length <= 256 && /^[\x21-\x7e]+$/.test(etag) ? etag : undefined
}
