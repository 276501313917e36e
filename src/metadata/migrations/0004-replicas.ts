import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'

const required = (column: ColumnDefinitionBuilder) => column.notNull()

/** What several servers on one database have to know of each other. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('uploads').addColumn('last_writer', 'text').execute()
  await db.schema
    .createTable('replicas')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('host', 'text', required)
    .addColumn('version', 'text', required)
    .addColumn('started_at', 'bigint', required)
    .addColumn('seen_at', 'bigint', required)
    .addColumn('access_version', 'bigint', required)
    .execute()
  // Rows of the audit in the order in which they came, until they get their place in the chain.
  await db.schema
    .createTable('audit_inbox')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('at', 'bigint', required)
    .addColumn('draft', 'text', required)
    .execute()
  // Only ever locked, and only on PostgreSQL: by a transaction that must not lose against others once more.
  await db.schema.createTable('write_turn').addColumn('id', 'integer').execute()
  await sql`create index uploads_writer on uploads (writer) where writer is not null`.execute(db)
}
