import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'

const required = (column: ColumnDefinitionBuilder) => column.notNull()
const counted = (column: ColumnDefinitionBuilder) => column.primaryKey().autoIncrement()
const zero = (column: ColumnDefinitionBuilder) => column.notNull().defaultTo(0)

export async function up(db: Kysely<unknown>): Promise<void> {
  await createHistory(db)
  await addReviews(db)
  await createTrash(db)
  await createRules(db)
  await createQuotas(db)
  await createUpkeep(db)
  await describeWhatIsThere(db)
}

async function createHistory(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('deletions')
    .addColumn('id', 'integer', counted)
    .addColumn('repository_id', 'integer', (column) => column.notNull().references('repositories.id'))
    .addColumn('kind', 'text', required)
    .addColumn('reason', 'text', required)
    .addColumn('actor', 'text', required)
    .addColumn('actor_name', 'text', required)
    .addColumn('deleted_at', 'bigint', required)
    .addColumn('purge_at', 'bigint', required)
    .execute()
  await db.schema.createIndex('deletions_purge').on('deletions').column('purge_at').execute()
  await db.schema.createIndex('deletions_repository').on('deletions').columns(['repository_id', 'id']).execute()

  await db.schema
    .createTable('tag_events')
    .addColumn('repository_id', 'integer', (column) => column.notNull().references('repositories.id'))
    .addColumn('tag', 'text', required)
    .addColumn('at', 'bigint', required)
    .addColumn('digest', 'text')
    .addColumn('previous', 'text')
    .addColumn('actor', 'text', required)
    .addColumn('actor_name', 'text', required)
    .addColumn('reason', 'text', required)
    .addColumn('deletion', 'integer', (column) => column.references('deletions.id').onDelete('set null'))
    .addPrimaryKeyConstraint('tag_events_pk', ['repository_id', 'tag', 'at'])
    .modifyEnd(sql`without rowid`)
    .execute()
  await sql`create index tag_events_deletion on tag_events (deletion) where deletion is not null`.execute(db)
  await db.schema.createIndex('tag_events_at').on('tag_events').columns(['repository_id', 'at']).execute()
  await db.schema
    .createTable('pulls')
    .addColumn('repository_id', 'integer', (column) =>
      column.notNull().references('repositories.id').onDelete('cascade'),
    )
    .addColumn('reference', 'text', required)
    .addColumn('pulled_at', 'bigint', required)
    .addPrimaryKeyConstraint('pulls_pk', ['repository_id', 'reference'])
    .modifyEnd(sql`without rowid`)
    .execute()
}

/** What is to be looked at again, and when, stands in the row itself: one index entry while it waits, none after. */
async function addReviews(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('repositories').addColumn('deleted_at', 'bigint').execute()
  await db.schema.alterTable('repositories').addColumn('bytes', 'bigint', zero).execute()
  await db.schema.alterTable('repositories').addColumn('unique_bytes', 'bigint', zero).execute()

  await db.schema.alterTable('blobs').addColumn('holders', 'integer', zero).execute()
  await db.schema.alterTable('blobs').addColumn('review_at', 'bigint').execute()
  await db.schema.alterTable('blobs').addColumn('damaged_at', 'bigint').execute()
  await sql`create index blobs_review on blobs (review_at) where review_at is not null`.execute(db)
  await sql`create index blobs_damaged on blobs (damaged_at) where damaged_at is not null`.execute(db)

  await db.schema.alterTable('repository_blobs').renameColumn('created_at', 'touched_at').execute()
  await db.schema.alterTable('repository_blobs').addColumn('review_at', 'bigint').execute()
  await sql`create index repository_blobs_review on repository_blobs (review_at) where review_at is not null`.execute(
    db,
  )

  // By the child alone too: whether any index anywhere lists a blob.
  await db.schema.dropIndex('manifest_children_child').execute()
  await db.schema
    .createIndex('manifest_children_child')
    .on('manifest_children')
    .columns(['child', 'repository_id'])
    .execute()

  await sql`alter table manifests add column deletion integer references deletions (id)`.execute(db)
  await db.schema.alterTable('manifests').addColumn('released_at', 'bigint').execute()
  await db.schema.alterTable('manifests').addColumn('review_at', 'bigint').execute()
  await sql`create index manifests_review on manifests (review_at) where review_at is not null`.execute(db)
  await sql`create index manifests_deletion on manifests (deletion) where deletion is not null`.execute(db)
}

async function createTrash(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('trash')
    .addColumn('storage_key', 'text', (column) => column.primaryKey())
    .addColumn('size', 'bigint', required)
    .addColumn('delete_after', 'bigint', required)
    .modifyEnd(sql`without rowid`)
    .execute()
  await db.schema.createIndex('trash_delete_after').on('trash').column('delete_after').execute()
  await createProtections(db)
}

/** Renewing what a holder has costs one row, however much that is. */
async function createProtections(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('protection_holders')
    .addColumn('id', 'integer', counted)
    .addColumn('project_id', 'integer', (column) => column.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('name', 'text', required)
    .addColumn('created_by', 'text', required)
    .addColumn('expires_at', 'bigint', required)
    .addUniqueConstraint('protection_holders_name', ['project_id', 'name'])
    .execute()
  await db.schema.createIndex('protection_holders_expires').on('protection_holders').column('expires_at').execute()
  await db.schema
    .createTable('protections')
    .addColumn('repository_id', 'integer', (column) =>
      column.notNull().references('repositories.id').onDelete('cascade'),
    )
    .addColumn('digest', 'text', required)
    .addColumn('holder_id', 'integer', (column) =>
      column.notNull().references('protection_holders.id').onDelete('cascade'),
    )
    .addPrimaryKeyConstraint('protections_pk', ['repository_id', 'digest', 'holder_id'])
    .modifyEnd(sql`without rowid`)
    .execute()
  await db.schema.createIndex('protections_holder').on('protections').column('holder_id').execute()
}

async function createRules(db: Kysely<unknown>): Promise<void> {
  for (const table of ['retention_rules', 'immutability_rules'])
    await db.schema
      .createTable(table)
      .addColumn('id', 'integer', counted)
      .addColumn('project_id', 'integer', (column) => column.notNull().references('projects.id').onDelete('cascade'))
      .addColumn('repositories', 'text', required)
      .addColumn('tags', 'text', required)
      .addColumn('body', 'text', required)
      .addColumn('created_by', 'text', required)
      .addColumn('created_at', 'bigint', required)
      .execute()
  await db.schema.createIndex('retention_rules_project').on('retention_rules').column('project_id').execute()
  await db.schema.createIndex('immutability_rules_project').on('immutability_rules').column('project_id').execute()
  await db.schema
    .createTable('tag_expiry')
    .addColumn('repository_id', 'integer', (column) =>
      column.notNull().references('repositories.id').onDelete('cascade'),
    )
    .addColumn('tag', 'text', required)
    .addColumn('expires_at', 'bigint', required)
    .addColumn('source', 'text', required)
    .addPrimaryKeyConstraint('tag_expiry_pk', ['repository_id', 'tag'])
    .modifyEnd(sql`without rowid`)
    .execute()
  await db.schema.createIndex('tag_expiry_expires').on('tag_expiry').column('expires_at').execute()
}

async function createQuotas(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('quotas')
    .addColumn('project_id', 'integer', (column) => column.primaryKey().references('projects.id').onDelete('cascade'))
    .addColumn('max_bytes', 'bigint')
    .addColumn('max_repositories', 'bigint')
    .addColumn('max_tags', 'bigint')
    .addColumn('bytes', 'bigint', required)
    .addColumn('repositories', 'bigint', required)
    .addColumn('tags', 'bigint', required)
    .addColumn('warned_at', 'bigint')
    .execute()
  await db.schema
    .createTable('quota_blobs')
    .addColumn('project_id', 'integer', (column) =>
      column.notNull().references('quotas.project_id').onDelete('cascade'),
    )
    .addColumn('digest', 'text', required)
    .addColumn('repositories', 'integer', required)
    .addPrimaryKeyConstraint('quota_blobs_pk', ['project_id', 'digest'])
    .modifyEnd(sql`without rowid`)
    .execute()
  await db.schema
    .createTable('quota_reservations')
    .addColumn('upload_id', 'text', (column) => column.primaryKey())
    .addColumn('project_id', 'integer', (column) =>
      column.notNull().references('quotas.project_id').onDelete('cascade'),
    )
    .addColumn('bytes', 'bigint', required)
    .modifyEnd(sql`without rowid`)
    .execute()
  await db.schema.createIndex('quota_reservations_project').on('quota_reservations').column('project_id').execute()
}

/** What jobs remember between their runs, and what one of them holds for itself. */
async function createUpkeep(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('job_state')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('state', 'text', required)
    .addColumn('updated_at', 'bigint', required)
    .execute()
  await db.schema
    .createTable('leases')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('holder', 'text', required)
    .addColumn('expires_at', 'bigint', required)
    .execute()
}

/** Everything that was kept so far gets its counts, its first event, and a look whether anything needs it. */
async function describeWhatIsThere(db: Kysely<unknown>): Promise<void> {
  await sql`
    update blobs set holders = (select count(*) from repository_blobs where repository_blobs.digest = blobs.digest)
  `.execute(db)
  await sql`update blobs set review_at = 0 where holders = 0`.execute(db)
  await sql`update repository_blobs set review_at = 0`.execute(db)
  await sql`
    update repositories set
      bytes = coalesce((
        select sum(blobs.size) from repository_blobs join blobs on blobs.digest = repository_blobs.digest
        where repository_blobs.repository_id = repositories.id), 0),
      unique_bytes = coalesce((
        select sum(blobs.size) from repository_blobs join blobs on blobs.digest = repository_blobs.digest
        where repository_blobs.repository_id = repositories.id and blobs.holders = 1), 0)
  `.execute(db)
  // Their age counts from now on: nothing goes sooner than it would for an image that loses its tag today.
  await sql`
    update manifests set review_at = 0, released_at = ${Date.now()}
    where not exists (
      select 1 from tags where tags.repository_id = manifests.repository_id and tags.digest = manifests.digest)
  `.execute(db)
  await sql`
    insert into tag_events (repository_id, tag, at, digest, previous, actor, actor_name, reason)
    select repository_id, name, updated_at, digest, null, 'operator', 'operator', 'upgrade' from tags
  `.execute(db)
}
