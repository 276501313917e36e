/** One line of text for people, on standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Rows in columns that stand below each other. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths: number[] = []
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length)
  for (const row of rows)
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
