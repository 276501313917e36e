import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import {
  catalogName,
  digestOf,
  DIGITS,
  GROWTH_TYPE,
  growthManifest,
  padded,
  REFERRERS,
  referrersOf,
  subjectOf,
  TAGS_REPOSITORY,
  tagName,
} from './growth-content.ts'
import { execute } from './scale.ts'

export interface GrowthSizes {
  readonly tags: number
  readonly repositories: number
}

/** So many tags in one repository, and so many repositories of one manifest, as pushes would have left them. Needs `numbers`. */
function statements({ tags, repositories }: GrowthSizes): string[] {
  const now = Date.now()
  const repository = `(select id from repositories where name = '${TAGS_REPOSITORY}')`
  return [
    `insert into repositories (name, created_at)
      select '${catalogName(0).slice(0, -DIGITS)}' || padded, ${now} from numbers where n < ${repositories}`,
    `insert into manifests (repository_id, digest, media_type, size, content, created_at)
      select id, digest, '${GROWTH_TYPE}', length(content), content, ${now} from repositories, numbers
      where repositories.name like 'grow/r%' and n = 0`,
    `insert into repositories (name, created_at) values ('${TAGS_REPOSITORY}', ${now})`,
    `insert into manifests (repository_id, digest, media_type, size, content, created_at)
      select ${repository}, digest, '${GROWTH_TYPE}', length(content), content, ${now} from numbers where n < ${tags}`,
    `insert into tags (repository_id, name, digest, updated_at)
      select ${repository}, 't' || padded, digest, ${now} from numbers where n < ${tags}`,
    `insert into tag_events (repository_id, tag, at, digest, actor, actor_name, reason)
      select repository_id, name, updated_at, digest, 'anonymous', 'anonymous', '' from tags`,
  ]
}

/** Into the data folder of a server that has made it and does not run. */
export function seedSqlite(store: string, sizes: GrowthSizes): void {
  const database = new Database(join(store, 'berth.db'), { strict: true })
  try {
    database.run('pragma synchronous = off')
    database.run('pragma cache_size = -500000')
    database.run('pragma temp_store = memory')
    database.run('begin')
    makeNumbers(database, Math.max(sizes.tags, sizes.repositories))
    for (const sql of statements(sizes)) database.run(sql)
    addReferrers(database)
    database.run('commit')
    database.run('pragma wal_checkpoint(truncate)')
  } finally {
    database.close()
  }
}

function makeNumbers(database: Database, count: number): void {
  database.run('create temp table numbers (n integer primary key, padded text, digest text, content blob)')
  const insert = database.query('insert into numbers values (?, ?, ?, cast(? as blob))')
  for (let n = 0; n < count; n++) {
    const text = growthManifest(tagName(n))
    insert.run(n, padded(n), digestOf(text), text)
  }
}

function addReferrers(database: Database): void {
  const insert = database.query(`insert into manifests
    (repository_id, digest, media_type, artifact_type, subject, annotations, size, content, created_at)
    select id, ?, ?, ?, ?, ?, ?, cast(? as blob), ? from repositories where name = '${TAGS_REPOSITORY}'`)
  for (const count of REFERRERS) {
    for (const { text, mediaType, artifactType, annotations } of referrersOf(count)) {
      const described = [mediaType, artifactType, subjectOf(count), JSON.stringify(annotations)]
      insert.run(digestOf(text), ...described, text.length, text, Date.now())
    }
  }
}

/** Into a database that a server has made. */
export async function seedPostgres(url: string, sizes: GrowthSizes): Promise<void> {
  const [before, after] = growthManifest('NAME').split('NAME')
  const text = `'${before}t' || lpad(n::text, ${DIGITS}, '0') || '${after}'`
  const numbers = `create temp table numbers on commit drop as
    select n, lpad(n::text, ${DIGITS}, '0') as padded, 'sha256:' || encode(sha256(content), 'hex') as digest, content
    from (select n, convert_to(${text}, 'UTF8') as content
      from generate_series(0, ${Math.max(sizes.tags, sizes.repositories) - 1}) n) texts`
  // What is written fits together: checking each of millions of rows would take minutes.
  const unchecked = 'set local session_replication_role = replica'
  await execute(url, `begin; ${unchecked}; ${[numbers, ...statements(sizes)].join(';')}; commit`)
  // As autovacuum does by itself within minutes.
  await execute(url, 'vacuum analyze')
}
