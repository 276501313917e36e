import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { generatedPages } from '../scripts/docs/pages.ts'
import { VERSION } from '../src/lib/version.ts'
import { loadConfig } from '../src/config/load.ts'

test.each(Object.entries(await generatedPages()))('%s says what the code does (npm run docs)', (path, text) => {
  expect(readFileSync(path, 'utf8')).toBe(text)
})

test.each(readdirSync('examples').filter((name) => name.endsWith('.yaml')))(
  'examples/%s is a good configuration',
  async (name) => {
    const { config } = await loadConfig({ file: `examples/${name}`, environment: {}, flags: {} })
    expect(config.listen.port).toBeGreaterThan(0)
  },
)

test('no page names a machine or a registry of packages', () => {
  const pages = [
    'README.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    ...readdirSync('docs', { recursive: true })
      .map((name) => `docs/${name}`)
      .filter((name) => name.endsWith('.md')),
  ]
  for (const page of pages)
    expect(readFileSync(page, 'utf8'), page).not.toMatch(/\/work\/|\/root\/|registry\.npmjs|proxy\.golang/)
})

test('berth --version is the version of the package', () => {
  expect(readFileSync('package.json', 'utf8')).toContain(`"version": "${VERSION}"`)
})
