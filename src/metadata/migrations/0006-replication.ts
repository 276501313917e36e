import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'

const required = (column: ColumnDefinitionBuilder) => column.notNull()
const counted = (column: ColumnDefinitionBuilder) => column.primaryKey().autoIncrement()
const zero = (column: ColumnDefinitionBuilder) => column.notNull().defaultTo(0)
const ofRule = (column: ColumnDefinitionBuilder) =>
  column.notNull().references('replication_rules.id').onDelete('cascade')

/** Rules that bring images to and from other registries, and what became of each run. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('replication_rules')
    .addColumn('id', 'integer', counted)
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('remote_id', 'integer', (column) => column.notNull().references('remotes.id'))
    .addColumn('direction', 'text', required)
    .addColumn('body', 'text', required)
    .addColumn('enabled', 'integer', required)
    .addColumn('created_by', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .addColumn('next_run_at', 'bigint')
    .execute()
  await createExecutions(db)
  await db.schema
    .createTable('replication_queue')
    .addColumn('rule_id', 'integer', ofRule)
    .addColumn('repository', 'text', required)
    .addColumn('reference', 'text', required)
    .addColumn('seq', 'bigint', required)
    .addColumn('attempts', 'integer', zero)
    .addColumn('next_at', 'bigint', required)
    .addPrimaryKeyConstraint('replication_queue_pk', ['rule_id', 'repository', 'reference'])
    .execute()
  await db.schema.createIndex('replication_queue_due').on('replication_queue').columns(['rule_id', 'next_at']).execute()
  await db.schema
    .createTable('replication_tags')
    .addColumn('rule_id', 'integer', ofRule)
    .addColumn('repository', 'text', required)
    .addColumn('tag', 'text', required)
    .addColumn('there', 'text', required)
    .addColumn('digest', 'text')
    .addColumn('brought', 'integer', required)
    .addColumn('settled_at', 'bigint', required)
    .addColumn('referrers', 'text')
    .addColumn('referrers_at', 'bigint', required)
    .addColumn('writing', 'text')
    .addColumn('recent', 'text', required)
    .addPrimaryKeyConstraint('replication_tags_pk', ['rule_id', 'repository', 'tag'])
    .execute()
  await db.schema.createIndex('replication_tags_there').on('replication_tags').columns(['there', 'tag']).execute()
}

async function createExecutions(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('replication_executions')
    .addColumn('id', 'integer', counted)
    .addColumn('rule_id', 'integer', ofRule)
    .addColumn('trigger', 'text', required)
    .addColumn('actor', 'text', required)
    .addColumn('state', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .addColumn('started_at', 'bigint')
    .addColumn('ended_at', 'bigint')
    .addColumn('progress', 'text')
    .addColumn('stopping', 'integer', zero)
    .addColumn('copied', 'integer', zero)
    .addColumn('present', 'integer', zero)
    .addColumn('deleted', 'integer', zero)
    .addColumn('skipped', 'integer', zero)
    .addColumn('failed', 'integer', zero)
    .addColumn('conflicts', 'integer', zero)
    .addColumn('bytes', 'bigint', zero)
    .addColumn('error', 'text')
    .execute()
  await sql`create index replication_executions_open on replication_executions (state) where state in ('waiting', 'running')`.execute(
    db,
  )
  await db.schema
    .createIndex('replication_executions_rule')
    .on('replication_executions')
    .columns(['rule_id', 'id'])
    .execute()
  await db.schema
    .createTable('replication_images')
    .addColumn('execution_id', 'integer', (column) =>
      column.notNull().references('replication_executions.id').onDelete('cascade'),
    )
    .addColumn('repository', 'text', required)
    .addColumn('reference', 'text', required)
    .addColumn('digest', 'text')
    .addColumn('state', 'text', required)
    .addColumn('reason', 'text', required)
    .addColumn('attempts', 'integer', required)
    .addColumn('bytes', 'bigint', required)
    .addColumn('at', 'bigint', required)
    .addColumn('next_at', 'bigint')
    .addPrimaryKeyConstraint('replication_images_pk', ['execution_id', 'repository', 'reference'])
    .execute()
  await sql`create index replication_images_waiting on replication_images (execution_id, next_at) where state = 'waiting'`.execute(
    db,
  )
}
