/** What can be known of docs/guides without running it; test/clients/guide-*.test.ts run each. */
import { describe, expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { createProgram } from '../src/cli/program.ts'
import { inlineCommands, type Page } from './clients/support/guide.ts'

const FOLDER = 'docs/guides'
const guides = readdirSync(FOLDER).flatMap((name) => (name === 'README.md' ? [] : [name.replace('.md', '')]))
const textOf = (name: string) => readFileSync(join(FOLDER, `${name}.md`), 'utf8')
const program = await createProgram()

test('the index has each guide, and the first page leads to it', () => {
  const listed = [...textOf('README').matchAll(/^\| \[.*?\]\(([a-z-]+)\.md\)/gm)].map(([, name = '']) => name)
  expect(listed.toSorted()).toEqual(guides.toSorted())
  expect(readFileSync('README.md', 'utf8')).toContain(`](${FOLDER})`)
})

describe.each(guides)('%s', (name) => {
  const page: Page = `guides/${name}`

  test('is run by a test of its own', () => {
    expect(existsSync(`test/clients/guide-${name}.test.ts`)).toBe(true)
  })

  test('links to what is there', () => {
    const links = [...textOf(name).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link)
    const here = links.filter((link) => !/^https?:/.test(link))
    expect(here.filter((link) => !existsSync(join(dirname(`docs/${page}.md`), link)))).toEqual([])
  })

  test('names commands that there are, with their flags', () => {
    expect(inlineCommands(page).filter((text) => !isCommand(text))).toEqual([])
  })
})

function isCommand(text: string): boolean {
  let command: Command = program
  const words = text.split(' ').slice(1)
  for (const word of words) {
    const next = command.commands.find((each) => each.name() === word)
    if (next === undefined) break
    command = next
  }
  const flags = words.filter((word) => word.startsWith('--'))
  return command !== program && flags.every((flag) => command.options.some(({ long }) => long === flag))
}
