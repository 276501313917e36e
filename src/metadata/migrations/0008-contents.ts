import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'

const required = (column: ColumnDefinitionBuilder) => column.notNull()
const counted = (column: ColumnDefinitionBuilder) => column.primaryKey().autoIncrement()
const zero = (column: ColumnDefinitionBuilder) => column.notNull().defaultTo(0)
const of = (column: string) => (definition: ColumnDefinitionBuilder) =>
  definition.notNull().references(column).onDelete('cascade')

/** What is inside of images, who signed them, and what follows from it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // What is known of an image is asked for wherever it is.
  await db.schema.createIndex('manifests_digest').on('manifests').column('digest').execute()
  await createInventories(db)
  await createMatches(db)
  await createScanners(db)
  await createForeignScans(db)
  await createExceptions(db)
  await createTrust(db)
  await createPolicy(db)
}

async function createInventories(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('layer_inventories')
    .addColumn('digest', 'text', (column) => column.primaryKey())
    .addColumn('analyzer', 'integer', required)
    .addColumn('state', 'text', required)
    .addColumn('content', 'blob', required)
    .addColumn('files', 'blob', required)
    .addColumn('analyzed_at', 'bigint', required)
    .execute()
  await db.schema
    .createTable('images')
    .addColumn('id', 'integer', counted)
    .addColumn('digest', 'text', (column) => column.notNull().unique())
    .addColumn('analyzer', 'integer', required)
    .addColumn('state', 'text', required)
    .addColumn('facts', 'text', required)
    .addColumn('content', 'blob', required)
    .addColumn('packages', 'integer', required)
    .addColumn('analyzed_at', 'bigint', required)
    .execute()
  await db.schema
    .createTable('packages')
    .addColumn('id', 'integer', counted)
    .addColumn('purl', 'text', required)
    .addColumn('type', 'text', required)
    .addColumn('name', 'text', required)
    .addColumn('version', 'text', required)
    .addColumn('ecosystem', 'text', required)
    .addColumn('advisory_name', 'text', required)
    .addColumn('advisory_version', 'text', required)
    .addColumn('matched_with', 'text', (column) => column.notNull().defaultTo(''))
    .addColumn('unclear', 'integer', zero)
    .addUniqueConstraint('packages_unique', ['purl', 'ecosystem', 'advisory_name', 'advisory_version'])
    .execute()
  await db.schema.createIndex('packages_matched').on('packages').columns(['matched_with', 'id']).execute()
  await db.schema.createIndex('packages_advisory_name').on('packages').column('advisory_name').execute()
  await db.schema.createIndex('packages_name').on('packages').columns(['name', 'type']).execute()
  await db.schema
    .createTable('image_packages')
    .addColumn('image_id', 'integer', of('images.id'))
    .addColumn('package_id', 'integer', (column) => column.notNull().references('packages.id'))
    .addPrimaryKeyConstraint('image_packages_pk', ['image_id', 'package_id'])
    .modifyEnd(sql`without rowid`)
    .execute()
  await db.schema
    .createIndex('image_packages_package')
    .on('image_packages')
    .columns(['package_id', 'image_id'])
    .execute()
  await db.schema
    .createTable('scan_queue')
    .addColumn('digest', 'text', (column) => column.primaryKey())
    .addColumn('attempts', 'integer', zero)
    .addColumn('due_at', 'bigint', required)
    .addColumn('problem', 'text')
    .modifyEnd(sql`without rowid`)
    .execute()
  await db.schema.createIndex('scan_queue_due').on('scan_queue').column('due_at').execute()
}

async function createMatches(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('vulnerabilities')
    .addColumn('id', 'text', required)
    .addColumn('ecosystem', 'text', required)
    .addColumn('content', 'text', required)
    .addColumn('modified_at', 'bigint', required)
    .addPrimaryKeyConstraint('vulnerabilities_pk', ['id', 'ecosystem'])
    .modifyEnd(sql`without rowid`)
    .execute()
  await db.schema
    .createTable('package_matches')
    .addColumn('package_id', 'integer', of('packages.id'))
    .addColumn('vulnerability', 'text', required)
    .addColumn('advisory', 'text', required)
    .addColumn('fixed_version', 'text')
    .addColumn('severity', 'integer', required)
    .addColumn('first_seen_at', 'bigint', required)
    .addPrimaryKeyConstraint('package_matches_pk', ['package_id', 'vulnerability'])
    .modifyEnd(sql`without rowid`)
    .execute()
  await db.schema.createIndex('package_matches_vulnerability').on('package_matches').column('vulnerability').execute()
}

async function createScanners(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('scanners')
    .addColumn('id', 'integer', counted)
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('kind', 'text', required)
    .addColumn('settings', 'text', required)
    .addColumn('secret', 'text')
    .addColumn('enabled', 'integer', required)
    .addColumn('created_by', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .execute()
  await db.schema
    .createTable('scan_reports')
    .addColumn('digest', 'text', required)
    .addColumn('scanner', 'text', required)
    .addColumn('state', 'text', required)
    .addColumn('content', 'text', required)
    .addColumn('raw', 'blob')
    .addColumn('scanned_at', 'bigint', required)
    .addPrimaryKeyConstraint('scan_reports_pk', ['digest', 'scanner'])
    .execute()
}

async function createForeignScans(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('foreign_scans')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('owner', 'text', required)
    .addColumn('request', 'text', required)
    .addColumn('secret', 'text')
    .addColumn('state', 'text', required)
    .addColumn('attempts', 'integer', zero)
    .addColumn('problem', 'text')
    .addColumn('content', 'blob')
    .addColumn('created_at', 'bigint', required)
    .modifyEnd(sql`without rowid`)
    .execute()
  await db.schema.createIndex('foreign_scans_waiting').on('foreign_scans').columns(['state', 'created_at']).execute()
}

async function createExceptions(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('vulnerability_exceptions')
    .addColumn('id', 'integer', counted)
    .addColumn('project_id', 'integer', of('projects.id'))
    .addColumn('repositories', 'text', required)
    .addColumn('vulnerability', 'text', required)
    .addColumn('package', 'text', required)
    .addColumn('reason', 'text', required)
    .addColumn('expires_at', 'bigint', required)
    .addColumn('created_by', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .execute()
  await db.schema
    .createTable('vex_documents')
    .addColumn('id', 'integer', counted)
    .addColumn('project_id', 'integer', of('projects.id'))
    .addColumn('repositories', 'text', required)
    .addColumn('content', 'text', required)
    .addColumn('created_by', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .execute()
}

async function createTrust(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('trust_anchors')
    .addColumn('id', 'integer', counted)
    .addColumn('project_id', 'integer', of('projects.id'))
    .addColumn('name', 'text', required)
    .addColumn('kind', 'text', required)
    .addColumn('body', 'text', required)
    .addColumn('created_by', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .addUniqueConstraint('trust_anchors_name', ['project_id', 'name'])
    .execute()
  await db.schema
    .createTable('signature_results')
    .addColumn('repository_id', 'integer', of('repositories.id'))
    .addColumn('digest', 'text', required)
    .addColumn('revision', 'text', required)
    .addColumn('content', 'text', required)
    .addColumn('valid_until', 'bigint')
    .addColumn('checked_at', 'bigint', required)
    .addPrimaryKeyConstraint('signature_results_pk', ['repository_id', 'digest'])
    .execute()
}

async function createPolicy(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('policy_rules')
    .addColumn('id', 'integer', counted)
    .addColumn('project_id', 'integer', of('projects.id'))
    .addColumn('name', 'text', required)
    .addColumn('repositories', 'text', required)
    .addColumn('mode', 'text', required)
    .addColumn('body', 'text', required)
    .addColumn('created_by', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .addUniqueConstraint('policy_rules_name', ['project_id', 'name'])
    .execute()
  await db.schema
    .createTable('policy_exemptions')
    .addColumn('id', 'integer', counted)
    .addColumn('project_id', 'integer', of('projects.id'))
    .addColumn('name', 'text', required)
    .addColumn('rule_id', 'integer', (column) => column.references('policy_rules.id').onDelete('cascade'))
    .addColumn('repositories', 'text', required)
    .addColumn('digest', 'text')
    .addColumn('reason', 'text', required)
    .addColumn('expires_at', 'bigint', required)
    .addColumn('created_by', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .addUniqueConstraint('policy_exemptions_name', ['project_id', 'name'])
    .execute()
  await db.schema
    .createTable('policy_verdicts')
    .addColumn('repository_id', 'integer', of('repositories.id'))
    .addColumn('digest', 'text', required)
    .addColumn('revision', 'text', required)
    .addColumn('outcome', 'text', required)
    .addColumn('body', 'text', required)
    .addColumn('valid_until', 'bigint')
    .addColumn('epoch', 'integer', zero)
    .addPrimaryKeyConstraint('policy_verdicts_pk', ['repository_id', 'digest'])
    .execute()
  await db.schema.createIndex('policy_verdicts_digest').on('policy_verdicts').column('digest').execute()
}
