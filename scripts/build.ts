// Builds the single-file release: dist/berth, the runtime and the registry in one executable.
import { rmSync } from 'node:fs'

rmSync('dist', { recursive: true, force: true })
const result = await Bun.build({
  // The second is a thread; it lies in the file as /$bunfs/root/metadata/checkpoint-thread.js.
  entrypoints: ['src/main.ts', 'src/metadata/checkpoint-thread.ts'],
  compile: { outfile: 'dist/berth' },
  minify: true,
  bytecode: true,
})
for (const log of result.logs) console.error(log)
if (!result.success) process.exit(1)
console.log('dist/berth')
