import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'

const required = (column: ColumnDefinitionBuilder) => column.notNull()

/** Tags by when they moved, and what each project held day by day. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.createIndex('tags_updated').on('tags').columns(['repository_id', 'updated_at', 'name']).execute()
  await db.schema
    .createTable('usage_samples')
    .addColumn('project_id', 'integer', (column) => column.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('day', 'text', required)
    .addColumn('bytes', 'bigint', required)
    .addColumn('repositories', 'bigint', required)
    .addColumn('tags', 'bigint', required)
    .addPrimaryKeyConstraint('usage_samples_pk', ['project_id', 'day'])
    .modifyEnd(sql`without rowid`)
    .execute()
}
