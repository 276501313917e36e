import { z } from 'zod'
import type { Executor } from '../metadata/db.ts'

/** As much of a rule of policy as says whose signatures it asks for. */
const bodySchema = z.object({ check: z.object({ anchors: z.array(z.string()) }) })

/** Names of the rules of policy, not off, that ask for an anchor of the project, oldest first. */
export async function rulesAskingFor(executor: Executor, projectId: number, anchor: string): Promise<string[]> {
  const rows = await executor.db
    .selectFrom('policy_rules')
    .select(['name', 'body'])
    .where('project_id', '=', projectId)
    .where('mode', '!=', 'off')
    .orderBy('id')
    .execute()
  return rows.filter(({ body }) => anchorsIn(body).includes(anchor)).map(({ name }) => name)
}

function anchorsIn(body: string): readonly string[] {
  try {
    return bodySchema.safeParse(JSON.parse(body)).data?.check.anchors ?? []
  } catch {
    return []
  }
}
