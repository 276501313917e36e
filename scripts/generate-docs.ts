// Writes the reference pages, and the types of the API's client, that are made from the code.
import { writeFileSync } from 'node:fs'
import { API_TYPES, apiTypes } from './client/api-types.ts'
import { generatedPages } from './docs/pages.ts'

for (const [path, text] of Object.entries(await generatedPages())) writeFileSync(path, text)
writeFileSync(API_TYPES, await apiTypes())
