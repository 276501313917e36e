import type { Log } from '../observability/log.ts'
import type { Execution } from './execution-store.ts'
import type { ImageLine } from './image-store.ts'
import type { StoredRule } from './rule.ts'

/** For whoever looks why something is not where it should be. */
export function sayEnd(
  log: Log,
  { name: rule, remote, direction }: StoredRule,
  execution: Execution | undefined,
): void {
  if (execution === undefined) return
  const { id, trigger, state, copied, present, deleted, skipped, failed, conflicts, bytes, error } = execution
  const about = { rule, remote, direction, execution: id, trigger }
  const counts = { copied, present, deleted, skipped, failed, conflicts, bytes }
  if (state === 'failed') log.error(`replication failed: ${error ?? ''}`, { ...about, ...counts })
  else log.info(state === 'stopped' ? 'replication was stopped' : 'replication is done', { ...about, ...counts })
}

export function sayImage(log: Log, { name: rule, remote }: StoredRule, line: ImageLine): void {
  const { repository, reference, digest, state, reason, attempts } = line
  const about = { rule, remote, image: `${repository}:${reference}`, digest, attempts }
  if (state === 'failed') log.error(`an image could not be replicated: ${reason}`, about)
  else if (state === 'conflict') log.warn(`replication met a conflict: ${reason}`, about)
  else if (state === 'waiting') log.warn(`an image could not be replicated yet: ${reason}`, about)
  else log.info(`replicated: ${state}`, about)
}
