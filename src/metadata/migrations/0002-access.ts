import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'

const required = (column: ColumnDefinitionBuilder) => column.notNull()
const counted = (column: ColumnDefinitionBuilder) => column.primaryKey().autoIncrement()

export async function up(db: Kysely<unknown>): Promise<void> {
  await rebuildUsers(db)
  await createPeople(db)
  await createProjects(db)
  await createSecrets(db)
  await createAudit(db)
  // Of open ones only: the others are many, and nobody counts them.
  await sql`create index uploads_principal on uploads (principal) where state = 'open'`.execute(db)
  await sql`create index uploads_repository on uploads (repository) where state = 'open'`.execute(db)
}

/** The first users had a password and nothing else. The id stays: uploads and tokens name it. */
async function rebuildUsers(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('users').renameTo('users_before').execute()
  await db.schema
    .createTable('users')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('password_hash', 'text')
    .addColumn('email', 'text', (column) => column.unique())
    .addColumn('system_role', 'text', required)
    .addColumn('disabled', 'integer', required)
    .addColumn('revoked_before', 'bigint', required)
    .addColumn('created_at', 'bigint', required)
    .execute()
  await sql`
    insert into users
    select id, name, password_hash, null, case administrator when 1 then 'administrator' else 'none' end, 0, 0, created_at
    from users_before`.execute(db)
  await db.schema.dropTable('users_before').execute()
}

async function createPeople(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('identities')
    .addColumn('provider', 'text', required)
    .addColumn('subject', 'text', required)
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('created_at', 'bigint', required)
    .addPrimaryKeyConstraint('identities_pk', ['provider', 'subject'])
    .execute()
  await db.schema.createIndex('identities_user').on('identities').column('user_id').execute()

  await db.schema
    .createTable('groups')
    .addColumn('id', 'integer', counted)
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('created_at', 'bigint', required)
    .execute()
  await db.schema
    .createTable('group_members')
    .addColumn('group_id', 'integer', (column) => column.notNull().references('groups.id').onDelete('cascade'))
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('source', 'text', required)
    .addPrimaryKeyConstraint('group_members_pk', ['group_id', 'user_id', 'source'])
    .execute()
  await db.schema.createIndex('group_members_user').on('group_members').column('user_id').execute()
}

async function createProjects(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('projects')
    .addColumn('id', 'integer', counted)
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('public', 'integer', required)
    .addColumn('created_by', 'text')
    .addColumn('created_at', 'bigint', required)
    .execute()
  await db.schema
    .createTable('grants')
    .addColumn('id', 'integer', counted)
    .addColumn('project_id', 'integer', (column) => column.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('pattern', 'text', required)
    .addColumn('subject', 'text', required)
    .addColumn('allows', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .addUniqueConstraint('grants_unique', ['project_id', 'subject', 'pattern'])
    .execute()
  await db.schema.createIndex('grants_subject').on('grants').column('subject').execute()
  await db.schema
    .createTable('access_state')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('version', 'integer', required)
    .execute()
  await sql`insert into access_state values (1, 1)`.execute(db)
}

async function createSecrets(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('robots')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('project_id', 'integer', (column) => column.references('projects.id').onDelete('cascade'))
    .addColumn('maker', 'text')
    .addColumn('secret_hash', 'text', (column) => column.unique())
    .addColumn('expires_at', 'bigint')
    .addColumn('disabled', 'integer', required)
    .addColumn('revoked_before', 'bigint', required)
    .addColumn('created_at', 'bigint', required)
    .execute()
  await db.schema.createIndex('robots_project').on('robots').column('project_id').execute()
  await db.schema
    .createTable('trust_rules')
    .addColumn('id', 'integer', counted)
    .addColumn('robot_id', 'text', (column) => column.notNull().references('robots.id').onDelete('cascade'))
    .addColumn('issuer', 'text', required)
    .addColumn('claims', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .execute()
  await db.schema.createIndex('trust_rules_issuer').on('trust_rules').column('issuer').execute()
  await db.schema.createIndex('trust_rules_robot').on('trust_rules').column('robot_id').execute()

  await db.schema
    .createTable('api_keys')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('name', 'text', required)
    .addColumn('secret_hash', 'text', (column) => column.notNull().unique())
    .addColumn('scopes', 'text')
    .addColumn('expires_at', 'bigint', required)
    .addColumn('created_at', 'bigint', required)
    .addUniqueConstraint('api_keys_name', ['user_id', 'name'])
    .execute()
  await db.schema
    .createTable('secret_uses')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('used_at', 'bigint', required)
    .execute()
  await createSessions(db)
}

async function createSessions(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('refresh_tokens')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('secret_hash', 'text', (column) => column.notNull().unique())
    .addColumn('principal', 'text', required)
    .addColumn('api_key', 'text', (column) => column.references('api_keys.id').onDelete('cascade'))
    .addColumn('client', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .addColumn('used_at', 'bigint', required)
    .addColumn('expires_at', 'bigint', required)
    .execute()
  await db.schema.createIndex('refresh_tokens_principal').on('refresh_tokens').column('principal').execute()
  await db.schema.createIndex('refresh_tokens_expires').on('refresh_tokens').column('expires_at').execute()
  await db.schema
    .createTable('web_sessions')
    .addColumn('secret_hash', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('csrf', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .addColumn('expires_at', 'bigint', required)
    .execute()
  await db.schema.createIndex('web_sessions_user').on('web_sessions').column('user_id').execute()
  await db.schema
    .createTable('oidc_attempts')
    .addColumn('state_hash', 'text', (column) => column.primaryKey())
    .addColumn('browser_hash', 'text', required)
    .addColumn('provider', 'text', required)
    .addColumn('nonce', 'text', required)
    .addColumn('verifier', 'text', required)
    .addColumn('next', 'text', required)
    .addColumn('expires_at', 'bigint', required)
    .execute()
  await db.schema
    .createTable('device_codes')
    .addColumn('device_hash', 'text', (column) => column.primaryKey())
    .addColumn('user_code', 'text', (column) => column.notNull().unique())
    .addColumn('client', 'text', required)
    .addColumn('address', 'text', required)
    .addColumn('user_id', 'text', (column) => column.references('users.id').onDelete('cascade'))
    .addColumn('refused', 'integer', required)
    .addColumn('polled_at', 'bigint', required)
    .addColumn('expires_at', 'bigint', required)
    .execute()
}

async function createAudit(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('audit')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('at', 'bigint', required)
    .addColumn('actor', 'text', required)
    .addColumn('actor_name', 'text', required)
    .addColumn('address', 'text', required)
    .addColumn('action', 'text', required)
    .addColumn('target', 'text', required)
    .addColumn('outcome', 'text', required)
    .addColumn('detail', 'text', required)
    .addColumn('hash', 'text', required)
    .execute()
  // No more of them: each is a page more that every push has to make durable.
  await db.schema.createIndex('audit_actor').on('audit').columns(['actor', 'id']).execute()
  await db.schema.createIndex('audit_target').on('audit').columns(['target', 'id']).execute()
  await db.schema
    .createTable('audit_state')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('anchor_id', 'integer', required)
    .addColumn('anchor_hash', 'text', required)
    .addColumn('exported_id', 'integer', required)
    .execute()
  await sql`insert into audit_state values (1, 0, '', 0)`.execute(db)
}
