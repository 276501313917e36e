// Builds the web pages: ui/dist/bundle.json, every file compressed, from ui/ and the packages it names.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { compile } from 'tailwindcss'
import { sourceFiles, sourceHash } from './ui-sources.mjs'

const UI = fileURLToPath(new URL('../ui/', import.meta.url))

const result = await Bun.build({
  entrypoints: [`${UI}main.tsx`],
  target: 'browser',
  splitting: true,
  minify: true,
  naming: { entry: '[name]-[hash].[ext]', chunk: '[name]-[hash].[ext]' },
  define: { 'process.env.NODE_ENV': '"production"' },
})
const files: Record<string, { type: string; gzip: string }> = {}
let entry = ''
let first: string[] = []
for (const output of result.outputs) {
  const name = output.path.split('/').at(-1) ?? ''
  const text = await output.text()
  if (output.kind === 'entry-point') {
    entry = name
    first = [...text.matchAll(/\bfrom\s*"\.\/([\w.-]+\.js)"/g)].flatMap(([, chunk]) => chunk ?? [])
  }
  add(name, 'text/javascript; charset=utf-8', text)
}
const css = await styles()
const style = `style-${createHash('sha256').update(css).digest('hex').slice(0, 8)}.css`
add(style, 'text/css; charset=utf-8', css)

const index = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Berth</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/assets/${style}" />
${[...new Set(first)].map((chunk) => `    <link rel="modulepreload" href="/assets/${chunk}" />\n`).join('')}    <script type="module" src="/assets/${entry}"></script>
  </head>
  <body>
    <div id="app"><noscript>These pages need JavaScript. You can <a href="/auth/">sign in</a> without it, and the command line does all they do.</noscript></div>
  </body>
</html>
`
mkdirSync(`${UI}dist`, { recursive: true })
// Whole or not at all: several tests may build at once.
const partial = `${UI}dist/bundle.${process.pid}`
writeFileSync(partial, JSON.stringify({ source: sourceHash(), index, files }))
renameSync(partial, `${UI}dist/bundle.json`)

function add(name: string, type: string, text: string): void {
  files[name] = { type, gzip: gzipSync(text, { level: 9 }).toString('base64') }
}

/** Of all words in our sources, those that are classes. */
async function styles(): Promise<string> {
  const compiled = await compile(readFileSync(`${UI}style.css`, 'utf8'), {
    loadStylesheet: async () => {
      const path = fileURLToPath(import.meta.resolve('tailwindcss/index.css'))
      return { path, base: '', content: readFileSync(path, 'utf8') }
    },
  })
  const words = sourceFiles()
    .filter((file) => file.endsWith('.tsx'))
    .flatMap((file) => readFileSync(`${UI}${file}`, 'utf8').split(/[\s'"`{}]+/))
  return compiled.build([...new Set(words)])
}
