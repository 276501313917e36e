const LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e]+)$/

/** One "Name: value" in a line. @throws Error that has none of the values in it */
export function parseHeaders(text: string, file: string): Readonly<Record<string, string>> {
  const lines = text.split(/\r?\n/).map((line, index) => ({ line: line.trim(), number: index + 1 }))
  const headers = lines
    .filter(({ line }) => line !== '' && !line.startsWith('#'))
    .map(({ line, number }) => {
      const [, name, value] = LINE.exec(line) ?? []
      if (name === undefined || value === undefined)
        throw new Error(`traces.headersFile: line ${number} of ${file} is not "Name: value"`)
      return [name.toLowerCase(), value] as const
    })
  return Object.fromEntries(headers)
}
