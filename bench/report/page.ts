import { readFileSync, writeFileSync } from 'node:fs'

const START = '<!-- figures: start; rewritten by `npm run bench` -->'
const END = '<!-- figures: end -->'

/** Replaces the generated part of a page; what is written by hand around it stays. */
export function replaceGenerated(path: string, lines: readonly string[]): void {
  const page = readFileSync(path, 'utf8')
  const start = page.indexOf(START)
  const end = page.indexOf(END)
  if (start < 0 || end < start) throw new Error(`${path} has lost its markers: ${START} … ${END}`)
  writeFileSync(path, `${page.slice(0, start + START.length)}\n\n${lines.join('\n')}\n\n${page.slice(end)}`)
  Bun.spawnSync([process.execPath, 'fmt', '--no-script', path])
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)]
}
