import { type RawBuilder, sql } from 'kysely'

const WITHOUT_DELETION = sql`case when r.deleted_at is null then r.name else substr(r.name, 1, instr(r.name, '@') - 1) end`

/** As a subquery, the ids of the repositories that belong to a project: at or below its name, and in no longer project. */
export function repositoriesOf(
  project: string,
  { deleted }: { readonly deleted: boolean } = { deleted: false },
): RawBuilder<number> {
  const name = deleted ? WITHOUT_DELETION : sql`r.name`
  // "0" follows "/" in byte order, and "@" comes before letters and after digits: a deleted repository is `name@1`.
  const range = deleted
    ? sql`(r.name > ${project} || '@' and r.name < ${project} || 'A') or (r.name > ${project} || '/' and r.name < ${project} || '0')`
    : sql`r.name = ${project} or (r.name > ${project} || '/' and r.name < ${project} || '0')`
  return sql<number>`(
    select r.id from repositories r
    where r.deleted_at is ${deleted ? sql`not null` : sql`null`} and (${range})
    and not exists (
      select 1 from projects p
      where p.name > ${project} || '/' and p.name < ${project} || '0'
      and (${name} = p.name or (${name} > p.name || '/' and ${name} < p.name || '0'))))`
}

/** The same with those that were deleted as a whole, which are stored until they are purged. */
export function repositoriesStoredFor(project: string): RawBuilder<number> {
  return sql<number>`(
    select id from ${repositoriesOf(project)} as visible
    union all select id from ${repositoriesOf(project, { deleted: true })} as buried)`
}
