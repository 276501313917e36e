// Writes the reference pages, the types of the API's client and the schema of a new database, which are made from the code.
import { writeFileSync } from 'node:fs'
import { API_OPERATIONS_FILE, apiOperations } from './client/api-operations.ts'
import { API_TYPES, apiTypes } from './client/api-types.ts'
import { SQLITE_SCHEMA_FILE, sqliteSchema } from './sqlite-schema.ts'

writeFileSync(SQLITE_SCHEMA_FILE, await sqliteSchema())
writeFileSync(API_TYPES, await apiTypes())
writeFileSync(API_OPERATIONS_FILE, await apiOperations())
// Only now: the commands, which pages tell of, know the operations by what was just written.
const { generatedPages } = await import('./docs/pages.ts')
for (const [path, text] of Object.entries(await generatedPages())) writeFileSync(path, text)
