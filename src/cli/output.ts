/** One line of text for people, on standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** What is longer stands out of its column: one long path would push what follows it out of sight in each row. */
const MAX_WIDTH = 100

/** Rows in columns that stand below each other. What pushers and servers wrote must not steer a terminal. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const safe = rows.map((row) => row.map(printable))
  const widths: number[] = []
  for (const row of safe)
    for (const [index, cell] of row.entries())
      widths[index] = Math.max(widths[index] ?? 0, Math.min(cell.length, MAX_WIDTH))
  for (const row of safe)
    print(
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
}

/** A secret that is printed this once: alone on its line, so that a script can take it. */
export function printSecret(about: string, secret: string): void {
  process.stderr.write(`${about} It is shown this once:\n`)
  print(secret)
}

/** The text without anything that moves a cursor, changes a colour or turns the direction of writing; on one line. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, ' ')
}

/** The same of several lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}

/** JSON has no control characters but those it escapes; nothing else of a name may move a terminal's cursor either. */
export function safeJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, undefined, indent)
  return text.replaceAll(/[\p{Cf}\p{Zl}\p{Zp}\u007f-\u009f]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((n) => `\\u${character.charCodeAt(n).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}
