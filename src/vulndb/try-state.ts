import { join } from 'node:path'
import { z } from 'zod'
import { readUserFile, writeUserFile } from '../lib/user-files.ts'

/** How the last tries to bring data went: beside the data, which only changes when there is some. */
const tries = z.record(
  z.string(),
  z.object({
    at: z.number(),
    problem: z.string().optional(),
    /** The data of that time was found to be the newest. */
    confirms: z.number().optional(),
  }),
)
export type Tries = z.infer<typeof tries>
export type Try = Tries[string]

function statePath(data: string): string {
  return join(data, 'vulnerabilities.json')
}

export async function readTries(data: string): Promise<Tries> {
  const text = await readUserFile(statePath(data))
  try {
    return text === undefined ? {} : (tries.safeParse(JSON.parse(text)).data ?? {})
  } catch {
    // It only says how things went.
    return {}
  }
}

export async function saveTries(data: string, changed: Readonly<Record<string, Try>>): Promise<void> {
  await writeUserFile(statePath(data), `${JSON.stringify({ ...(await readTries(data)), ...changed }, undefined, 2)}\n`)
}
