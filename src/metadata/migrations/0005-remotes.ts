import type { ColumnDefinitionBuilder, Kysely } from 'kysely'

const required = (column: ColumnDefinitionBuilder) => column.notNull()
const counted = (column: ColumnDefinitionBuilder) => column.primaryKey().autoIncrement()

/** Other registries, and what is pulled through from them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('remotes')
    .addColumn('id', 'integer', counted)
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('url', 'text', required)
    .addColumn('username', 'text')
    .addColumn('password', 'text')
    .addColumn('password_file', 'text')
    .addColumn('ca', 'text')
    .addColumn('options', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .addColumn('version', 'bigint', required)
    .execute()
  await db.schema
    .createTable('remote_states')
    .addColumn('remote_id', 'integer', (column) => column.notNull().references('remotes.id').onDelete('cascade'))
    .addColumn('instance', 'text', required)
    .addColumn('state', 'text', required)
    .addColumn('updated_at', 'bigint', required)
    .addPrimaryKeyConstraint('remote_states_key', ['remote_id', 'instance'])
    .execute()
  await db.schema
    .createTable('sources')
    .addColumn('id', 'integer', counted)
    .addColumn('project_id', 'integer', (column) => column.references('projects.id').onDelete('cascade'))
    .addColumn('position', 'integer', required)
    .addColumn('remote_id', 'integer', (column) => column.notNull().references('remotes.id'))
    .addColumn('prefix', 'text', required)
    .addColumn('mode', 'text', required)
    .addColumn('options', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .execute()
  await db.schema
    .createTable('namespaces')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('project_id', 'integer', (column) => column.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('is_default', 'integer', required)
    .execute()
  await db.schema
    .createTable('source_checks')
    .addColumn('repository_id', 'integer', (column) =>
      column.notNull().references('repositories.id').onDelete('cascade'),
    )
    .addColumn('reference', 'text', required)
    .addColumn('source_id', 'integer', required)
    .addColumn('digest', 'text', required)
    .addColumn('checked_at', 'bigint', required)
    .addPrimaryKeyConstraint('source_checks_key', ['repository_id', 'reference'])
    .execute()
}
