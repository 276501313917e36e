import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'

const required = (column: ColumnDefinitionBuilder) => column.notNull()

/** Trees of other registries that are served where they lie. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('adopted_places')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('round', 'integer', required)
    .addColumn('state', 'text', required)
    .addColumn('started_at', 'bigint', required)
    .addColumn('ended_at', 'bigint')
    .addColumn('problem', 'text')
    .execute()
  await db.schema
    .createTable('adopted_repositories')
    .addColumn('place', 'text', required)
    .addColumn('name', 'text', required)
    .addColumn('round', 'integer', required)
    .addColumn('manifests', 'integer', required)
    .addColumn('tags', 'integer', required)
    .addColumn('problems', 'integer', required)
    .addPrimaryKeyConstraint('adopted_repositories_pk', ['place', 'name'])
    .modifyEnd(sql`without rowid`)
    .execute()
  await db.schema
    .createTable('adopted_problems')
    .addColumn('place', 'text', required)
    .addColumn('repository', 'text', required)
    .addColumn('subject', 'text', required)
    .addColumn('problem', 'text', required)
    .addPrimaryKeyConstraint('adopted_problems_pk', ['place', 'repository', 'subject'])
    .modifyEnd(sql`without rowid`)
    .execute()
}
