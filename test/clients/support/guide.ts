import { readFileSync } from 'node:fs'

/** A fenced block of a page: ```` ```yaml berth.yaml ```` has the language `yaml` and the name `berth.yaml`. */
export interface Block {
  readonly language: string
  readonly name: string
  readonly text: string
}

/** A command that the page shows after `$ `, and what it says is printed. */
export interface Step {
  readonly command: string
  readonly output: readonly string[]
}

/** `access` is docs/access.md. */
export type Page = 'access' | 'from-distribution' | 'lifecycle' | 'upstreams' | `guides/${string}`

function textOf(page: Page): string {
  return readFileSync(new URL(`../../../docs/${page}.md`, import.meta.url), 'utf8')
}

/** The blocks below a heading of the page, in their order; a section that was renamed is an error. */
export function section(title: string, page: Page = 'access'): readonly Block[] {
  const sections = textOf(page).split(/^## /m)
  const found = sections.find((text) => text.startsWith(`${title}\n`))
  if (found === undefined) throw new Error(`docs/${page}.md has no section "${title}"`)
  return blocksOf(found)
}

/** Every block of the page. */
export function allBlocks(page: Page = 'access'): readonly Block[] {
  return blocksOf(textOf(page))
}

/** A page of which the tests have to take every block: `left` are those that nobody asked for. */
export interface WholePage {
  readonly block: (name: string) => string
  readonly steps: (name: string) => readonly Step[]
  readonly left: () => readonly string[]
}

export function wholePage(page: Page): WholePage {
  const blocks = allBlocks(page)
  const taken = new Set<Block>()
  const take = (name: string) => {
    const named = blocks.filter((each) => each.name === name)
    for (const each of named) taken.add(each)
    return named
  }
  return {
    block: (name) => block(take(name), name),
    steps: (name) => steps(take(name), name),
    left: () => blocks.filter((each) => !taken.has(each)).map(({ name, text }) => name || text),
  }
}

function blocksOf(markdown: string): Block[] {
  const found = markdown.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms)
  return [...found].map(([, language = '', name = '', text = '']) => ({ language, name, text }))
}

/** The one block of this name. */
export function block(blocks: readonly Block[], name: string): string {
  const [found, ...others] = blocks.filter((each) => each.name === name)
  if (found === undefined || others.length > 0) throw new Error(`there must be one block "${name}"`)
  return found.text
}

/** The commands of the console blocks of this name, or of those without one. */
export function steps(blocks: readonly Block[], name = ''): readonly Step[] {
  const texts = blocks.filter((each) => each.language === 'console' && each.name === name)
  if (texts.length === 0) throw new Error(`there is no console block "${name}"`)
  return texts.flatMap(({ text }) => stepsOf(text))
}

function stepsOf(text: string): Step[] {
  const found: { command: string; output: string[] }[] = []
  for (const line of text
    .replaceAll(/\\\n\s*/g, '')
    .trimEnd()
    .split('\n')) {
    if (line.startsWith('$ ')) found.push({ command: line.slice(2), output: [] })
    else found.at(-1)?.output.push(line)
  }
  return found
}

/** What the page says in its prose that one may type, without what stands for something else. */
export function inlineCommands(page: Page = 'access'): readonly string[] {
  const prose = textOf(page).replaceAll(/^```.*?^```$/gms, '')
  return [...prose.matchAll(/`(berth [a-z][^`]*)`/g)].map(([, command = '']) => command)
}

/** A table of the section: its rows, each a list of cells without their backticks. */
export function tableAfter(title: string, firstHeading: string): readonly (readonly string[])[] {
  const lines = textOf('access')
    .split(/^## /m)
    .find((text) => text.startsWith(`${title}\n`))
    ?.split('\n')
  const start = lines?.findIndex((line) => line.startsWith(`| ${firstHeading} |`)) ?? -1
  if (lines === undefined || start === -1) throw new Error(`"${title}" has no table of "${firstHeading}"`)
  const rows = lines.slice(start + 2)
  const end = rows.findIndex((line) => !line.startsWith('|'))
  return rows.slice(0, end === -1 ? undefined : end).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  )
}

const REFUSAL = /denied|unauthorized|^(?:No|berth|damaged|manifest invalid): |^Error|403 Forbidden/

/** Whether the page shows a command that ends with an error. */
export function isRefusal({ output }: Step): boolean {
  return output.some((line) => REFUSAL.test(line))
}

/**
 * Compares what was printed with what the page says: `…` stands for anything. Of our own commands every line is shown,
 * of others those that matter.
 */
export function differenceOf({ command, output }: Step, printed: string): string | undefined {
  const lines = printed.trimEnd() === '' ? [] : printed.trimEnd().split('\n')
  const isOurs = /^berth /.test(command)
  let at = 0
  for (const line of output) {
    const found = lines.findIndex((each, index) => index >= at && matchesLine(line, each))
    if (found === -1 || (isOurs && found !== at)) return `"${line}" is not what was printed:\n${printed}`
    at = found + 1
  }
  return isOurs && at < lines.length ? `more was printed than the page shows:\n${printed}` : undefined
}

export function matchesLine(shown: string, line: string): boolean {
  return new RegExp(`^${shown.split('…').map(RegExp.escape).join('.*')}$`).test(line.trimEnd())
}
