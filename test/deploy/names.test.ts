import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { configKeys } from '../../src/config/keys.ts'
import { loadConfig } from '../../src/config/load.ts'
import { deployFiles } from './support/deploy-files.ts'

/** Of the compose file and the balancers, not of Berth; and what Kubernetes would set. */
const OTHERS = /^BERTH_(?:IMAGE|BIND|NETWORK|BALANCER_[A-Z]+|PORT|SERVICE_HOST)$/

const SCALE = { path: 'docs/scale.md', text: readFileSync('docs/scale.md', 'utf8') }
const pages = [...deployFiles(), SCALE]

test('every BERTH_ variable in deploy/ and docs/scale.md is a key of the configuration', async () => {
  const names = new Set(pages.flatMap(({ text }) => text.match(/\bBERTH_[A-Z0-9_]*[A-Z0-9]\b/g) ?? []))
  expect(names.size).toBeGreaterThan(5)
  const unknown: string[] = []
  for (const name of names) if (!OTHERS.test(name)) unknown.push(...(await unknownOf(name)))
  expect(unknown).toEqual([])
})

async function unknownOf(name: string): Promise<readonly string[]> {
  try {
    return (await loadConfig({ environment: { [name]: '' }, flags: {} })).unknownVariables
  } catch {
    // A key, with a value that is none: `BERTH_CONFIG` too, whose file is not there.
    return []
  }
}

test('every dotted key that they name exists', () => {
  const keys = configKeys()
  const known = (key: string) => keys.some((each) => each === key || each.startsWith(`${key}.`))
  const heads = new Set(keys.filter((key) => key.includes('.')).map((key) => key.split('.')[0]))
  const named = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/(?<![\w./@-])(?:config\.)?([a-z][A-Za-z]*(?:\.[a-z][A-Za-z]*)+)\b/g)]
      .map(([, key = '']) => ({ path, key }))
      // `tls` is a value of the chart too.
      .filter(({ key }) => heads.has(key.split('.')[0]) && !key.startsWith('tls.')),
  )
  expect(named.length).toBeGreaterThan(5)
  expect(named.filter(({ key }) => !known(key))).toEqual([])
})

test('no file of deploy/ holds a secret', () => {
  const pattern = /(?:password|secret|access_?key)["']?\s*[:=]\s*["']?(?!\$|\*|\{|"|'|&)[A-Za-z0-9+/]{12,}/i
  expect(
    deployFiles()
      .filter(({ text }) => pattern.test(text))
      .map(({ path }) => path),
  ).toEqual([])
})
