import { Problem } from '../lib/problem.ts'

/** Says when something is due next after a moment. */
export type Schedule = (after: Date) => Date | undefined

/** What comes at all comes again after it. */
const ANY_DAY = new Date('2001-01-01T00:00:00Z')

/** Cron with five fields, in UTC. @throws Problem */
export async function parseSchedule(text: string): Promise<Schedule> {
  const { Cron } = await import('croner')
  const fields = text.trim().split(/\s+/).length
  try {
    if (fields !== 5 && !text.startsWith('@'))
      throw new Error('it has five fields: minute, hour, day, month, day of week')
    const cron = new Cron(text.trim(), { paused: true, timezone: 'UTC' })
    if (cron.nextRun(ANY_DAY) === null) throw new Error('such a day never comes')
    return (after) => cron.nextRun(after) ?? undefined
  } catch (error) {
    throw new Problem(
      'invalid',
      `"${text.slice(0, 60)}" is no schedule such as "0 3 * * *": ${error instanceof Error ? error.message : error}`,
    )
  }
}
