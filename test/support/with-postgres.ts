// `bun test/support/with-postgres.ts COMMAND…` runs it with one PostgreSQL for all its processes, and ends as it ends.
import pg from 'pg'
import { migratePostgres } from '../../src/metadata/postgres-migrate.ts'
import { type Postgres, startPostgres } from './postgres.ts'

async function makeTemplate({ url, urlOf }: Postgres, name: string): Promise<void> {
  const server = new pg.Client({ connectionString: url })
  await server.connect()
  await server.query(`create database ${name}`)
  await server.end()
  const pool = new pg.Pool({ connectionString: urlOf(name) })
  await migratePostgres(pool)
  await pool.end()
}

const TEMPLATE = 'berth_template'
const postgres = await startPostgres()
await makeTemplate(postgres, TEMPLATE)
const command = Bun.spawn(process.argv.slice(2), {
  env: {
    ...process.env,
    BERTH_TEST_DATABASE: 'postgres',
    BERTH_TEST_POSTGRES: postgres.url,
    BERTH_TEST_POSTGRES_TEMPLATE: TEMPLATE,
  },
  stdio: ['inherit', 'inherit', 'inherit'],
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => command.kill(signal))
const code = await command.exited
await postgres.close()
process.exit(code)
