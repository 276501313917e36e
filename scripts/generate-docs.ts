// Writes the reference pages that are made from the code.
import { writeFileSync } from 'node:fs'
import { generatedPages } from './docs/pages.ts'

for (const [path, text] of Object.entries(await generatedPages())) writeFileSync(path, text)
