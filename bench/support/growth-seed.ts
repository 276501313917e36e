import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { Database } from 'bun:sqlite'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { execute } from './scale.ts'

export const TAGS_REPOSITORY = 'grow/tags'
const DIGITS = 7
const PUTS_AT_ONCE = 32

/** Every seeded tag names it. It refers to nothing, so that it needs no blob. */
export const GROWTH_MANIFEST = JSON.stringify({
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  manifests: [],
})
export const GROWTH_TYPE = 'application/vnd.oci.image.index.v1+json'
const bytes = new TextEncoder().encode(GROWTH_MANIFEST)
export const GROWTH_DIGEST = `sha256:${createHash('sha256').update(bytes).digest('hex')}`

export function tagName(number: number): string {
  return `t${String(number).padStart(DIGITS, '0')}`
}

export function catalogName(number: number): string {
  return `grow/r${String(number).padStart(DIGITS, '0')}`
}

/** So many tags in one repository, and so many repositories of one manifest, as pushes would have left them. */
function statements(count: number, numbers: string, padded: string): string[] {
  const now = Date.now()
  const manifest = `'${GROWTH_DIGEST}', '${GROWTH_TYPE}', ${bytes.length}`
  return [
    `insert into repositories (name, created_at) select 'grow/r' || ${padded}, ${now} from ${numbers}`,
    `insert into repositories (name, created_at) values ('${TAGS_REPOSITORY}', ${now})`,
    `insert into manifests (repository_id, digest, media_type, size, content, created_at)
      select id, ${manifest}, CONTENT, ${now} from repositories where name like 'grow/%'`,
    `insert into tags (repository_id, name, digest, updated_at)
      select (select id from repositories where name = '${TAGS_REPOSITORY}'), 't' || ${padded}, '${GROWTH_DIGEST}', ${now} from ${numbers}`,
    `insert into tag_events (repository_id, tag, at, digest, actor, actor_name, reason)
      select repository_id, name, updated_at, digest, 'anonymous', 'anonymous', '' from tags`,
  ].map((sql) => sql.replaceAll('COUNT', String(count)))
}

/** Into the data folder of a server that has made it and does not run. */
export function seedSqlite(store: string, count: number): void {
  const database = new Database(join(store, 'berth.db'), { strict: true })
  const numbers = `(with recursive numbers (n) as (select 0 union all select n + 1 from numbers where n < ${count - 1}) select n from numbers)`
  try {
    database.run('pragma synchronous = off')
    database.run('pragma cache_size = -500000')
    database.run('begin')
    for (const sql of statements(count, numbers, `printf('%0${DIGITS}d', n)`))
      database.run(sql.replace('CONTENT', `x'${Buffer.from(bytes).toString('hex')}'`))
    database.run('commit')
    // As a server at work does by itself after some time.
    database.run('analyze')
    database.run('pragma wal_checkpoint(truncate)')
  } finally {
    database.close()
  }
}

/** Into a database that a server has made. */
export async function seedPostgres(url: string, count: number): Promise<void> {
  const numbers = `(select n from generate_series(0, ${count - 1}) n) numbers`
  const seed = statements(count, numbers, `lpad(n::text, ${DIGITS}, '0')`)
  const content = `'\\x${Buffer.from(bytes).toString('hex')}'::bytea`
  // What is written fits together: checking each of millions of rows would take minutes.
  const unchecked = 'set local session_replication_role = replica'
  await execute(url, `begin; ${unchecked}; ${seed.join(';').replace('CONTENT', content)}; commit`)
  // As autovacuum does by itself within minutes.
  await execute(url, 'vacuum analyze')
}

/** The objects that docker-registry keeps of them: two of a tag; one of a repository, enough for its catalog. */
export async function seedPeer(s3: S3Client, bucket: string, { tags = 0, repositories = 0 }): Promise<void> {
  const hex = GROWTH_DIGEST.slice('sha256:'.length)
  const root = 'docker/registry/v2'
  const revision = `_manifests/revisions/sha256/${hex}/link`
  const objects: [string, string | Uint8Array][] = [
    [`${root}/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`, bytes],
    [`${root}/repositories/${TAGS_REPOSITORY}/${revision}`, GROWTH_DIGEST],
  ]
  for (let number = 0; number < tags; number++) {
    const tag = `${root}/repositories/${TAGS_REPOSITORY}/_manifests/tags/${tagName(number)}`
    objects.push([`${tag}/current/link`, GROWTH_DIGEST], [`${tag}/index/sha256/${hex}/link`, GROWTH_DIGEST])
  }
  for (let number = 0; number < repositories; number++)
    objects.push([`${root}/repositories/${catalogName(number)}/${revision}`, GROWTH_DIGEST])
  const put = async () => {
    for (let next = objects.pop(); next !== undefined; next = objects.pop())
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: next[0], Body: next[1] }))
  }
  await Promise.all(Array.from({ length: PUTS_AT_ONCE }, put))
}
