import type { ColumnDefinitionBuilder, Kysely } from 'kysely'

const required = (column: ColumnDefinitionBuilder) => column.notNull()
const zero = (column: ColumnDefinitionBuilder) => column.notNull().defaultTo(0)

/** Who is told of events, how far each of them was told, and what came of it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('webhooks')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('project_id', 'integer', (column) => column.references('projects.id').onDelete('cascade'))
    .addColumn('url', 'text', required)
    .addColumn('settings', 'text', required)
    .addColumn('secret', 'text')
    .addColumn('enabled', 'integer', required)
    .addColumn('created_by', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .addColumn('position', 'bigint', required)
    .addColumn('attempts', 'integer', zero)
    .addColumn('failing_since', 'bigint')
    .addColumn('due_at', 'bigint', zero)
    .execute()
  await db.schema.createIndex('webhooks_project').on('webhooks').column('project_id').execute()
  await db.schema
    .createTable('webhook_deliveries')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('webhook_id', 'integer', (column) => column.notNull().references('webhooks.id').onDelete('cascade'))
    .addColumn('event_id', 'bigint', required)
    .addColumn('type', 'text', required)
    .addColumn('state', 'text', required)
    .addColumn('status', 'integer')
    .addColumn('problem', 'text')
    .addColumn('event', 'text')
    .addColumn('at', 'bigint', required)
    .execute()
  await db.schema
    .createIndex('webhook_deliveries_webhook')
    .on('webhook_deliveries')
    .columns(['webhook_id', 'id'])
    .execute()
}
