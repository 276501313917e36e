// Writes the reference pages, and the types of the API's client, that are made from the code.
import { writeFileSync } from 'node:fs'
import { API_OPERATIONS_FILE, apiOperations } from './client/api-operations.ts'
import { API_TYPES, apiTypes } from './client/api-types.ts'

writeFileSync(API_TYPES, await apiTypes())
writeFileSync(API_OPERATIONS_FILE, await apiOperations())
// Only now: the commands, which pages tell of, know the operations by what was just written.
const { generatedPages } = await import('./docs/pages.ts')
for (const [path, text] of Object.entries(await generatedPages())) writeFileSync(path, text)
