// Builds the single-file release: dist/berth, the runtime and the registry in one executable.
import { readFileSync, rmSync } from 'node:fs'
import type { BunPlugin } from 'bun'

rmSync('dist', { recursive: true, force: true })
// The pages lie in the executable: the module that reads their file becomes one that has them.
const pages: BunPlugin = {
  name: 'pages',
  setup: (build) => {
    build.onLoad({ filter: /src\/lib\/ui-bundle\.ts$/ }, () => ({
      loader: 'ts',
      contents: `export async function readUiBundle() { return ${readFileSync('ui/dist/bundle.json', 'utf8')} }`,
    }))
  },
}

const result = await Bun.build({
  plugins: [pages],
  // The second is a thread; it lies in the file as /$bunfs/root/metadata/checkpoint-thread.js.
  entrypoints: ['src/main.ts', 'src/metadata/checkpoint-thread.ts'],
  compile: { outfile: 'dist/berth' },
  minify: true,
  bytecode: true,
  // What is imported later is a file of its own: a start reads, and an idle server holds, only what it uses.
  format: 'esm',
  splitting: true,
})
for (const log of result.logs) console.error(log)
if (!result.success) process.exit(1)
console.log('dist/berth')
