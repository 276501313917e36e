import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('repositories')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()

  await db.schema
    .createTable('blobs')
    .addColumn('digest', 'text', (column) => column.primaryKey())
    .addColumn('size', 'bigint', (column) => column.notNull())
    .addColumn('storage_key', 'text', (column) => column.unique())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .modifyEnd(sql`without rowid`)
    .execute()

  await db.schema
    .createTable('small_blobs')
    .addColumn('digest', 'text', (column) => column.primaryKey().references('blobs.digest').onDelete('cascade'))
    .addColumn('content', 'blob', (column) => column.notNull())
    .execute()

  await db.schema
    .createTable('repository_blobs')
    .addColumn('repository_id', 'integer', (column) => column.notNull().references('repositories.id'))
    .addColumn('digest', 'text', (column) => column.notNull().references('blobs.digest'))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('repository_blobs_pk', ['repository_id', 'digest'])
    .modifyEnd(sql`without rowid`)
    .execute()
  await db.schema.createIndex('repository_blobs_digest').on('repository_blobs').column('digest').execute()

  await db.schema
    .createTable('manifests')
    .addColumn('repository_id', 'integer', (column) => column.notNull().references('repositories.id'))
    .addColumn('digest', 'text', (column) => column.notNull())
    .addColumn('media_type', 'text', (column) => column.notNull())
    .addColumn('artifact_type', 'text')
    .addColumn('subject', 'text')
    .addColumn('annotations', 'text')
    .addColumn('size', 'integer', (column) => column.notNull())
    .addColumn('content', 'blob', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('manifests_pk', ['repository_id', 'digest'])
    .execute()
  await db.schema
    .createIndex('manifests_subject')
    .on('manifests')
    .columns(['repository_id', 'subject', 'digest'])
    .where('subject', 'is not', null)
    .execute()

  await createReferences(db)
  await createTags(db)
  await createSessions(db)
}

async function createReferences(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('manifest_blobs')
    .addColumn('repository_id', 'integer', (column) => column.notNull())
    .addColumn('manifest', 'text', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('manifest_blobs_pk', ['repository_id', 'manifest', 'digest'])
    .addForeignKeyConstraint(
      'manifest_blobs_manifest',
      ['repository_id', 'manifest'],
      'manifests',
      ['repository_id', 'digest'],
      (key) => key.onDelete('cascade'),
    )
    .modifyEnd(sql`without rowid`)
    .execute()
  await db.schema
    .createIndex('manifest_blobs_digest')
    .on('manifest_blobs')
    .columns(['digest', 'repository_id'])
    .execute()

  await db.schema
    .createTable('manifest_children')
    .addColumn('repository_id', 'integer', (column) => column.notNull())
    .addColumn('parent', 'text', (column) => column.notNull())
    .addColumn('child', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('manifest_children_pk', ['repository_id', 'parent', 'child'])
    .addForeignKeyConstraint(
      'manifest_children_parent',
      ['repository_id', 'parent'],
      'manifests',
      ['repository_id', 'digest'],
      (key) => key.onDelete('cascade'),
    )
    .modifyEnd(sql`without rowid`)
    .execute()
  await db.schema
    .createIndex('manifest_children_child')
    .on('manifest_children')
    .columns(['repository_id', 'child'])
    .execute()
}

async function createTags(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('tags')
    .addColumn('repository_id', 'integer', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('tags_pk', ['repository_id', 'name'])
    .addForeignKeyConstraint('tags_manifest', ['repository_id', 'digest'], 'manifests', ['repository_id', 'digest'])
    .modifyEnd(sql`without rowid`)
    .execute()
  await db.schema.createIndex('tags_digest').on('tags').columns(['repository_id', 'digest']).execute()
}

async function createSessions(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('uploads')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('repository', 'text', (column) => column.notNull())
    .addColumn('principal', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('writer', 'text')
    .addColumn('digest', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .modifyEnd(sql`without rowid`)
    .execute()
  await db.schema.createIndex('uploads_updated').on('uploads').column('updated_at').execute()

  await db.schema
    .createTable('users')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('password_hash', 'text', (column) => column.notNull())
    .addColumn('administrator', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()

  await db.schema
    .createTable('token_keys')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('private_key', 'text', (column) => column.notNull())
    .addColumn('public_key', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()
}
