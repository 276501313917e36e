import { text } from 'node:stream/consumers'
import { readUserFile } from '../../lib/user-files.ts'
import { UsageError } from '../exit-codes.ts'

/** A file that somebody named; `-` is standard input. @throws UsageError */
export async function readFileText(path: string): Promise<string> {
  const content = path === '-' ? await text(process.stdin) : await readUserFile(path)
  if (content === undefined) throw new UsageError(`${path} is not there`)
  return content
}
