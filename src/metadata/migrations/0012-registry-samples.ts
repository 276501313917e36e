import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'

const required = (column: ColumnDefinitionBuilder) => column.notNull()

/** What the whole registry held day by day. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('registry_samples')
    .addColumn('day', 'text', (column) => column.primaryKey().notNull())
    .addColumn('stored_bytes', 'bigint', required)
    .addColumn('logical_bytes', 'bigint', required)
    .addColumn('repositories', 'bigint', required)
    .addColumn('tags', 'bigint', required)
    .modifyEnd(sql`without rowid`)
    .execute()
}
