const MAX_LENGTH = 300

/** Which label or annotation has the words, or most of them. `content` is a JSON object, perhaps cut off. */
export function matchOf(content: string, words: readonly string[]): { readonly name: string; readonly value: string } {
  const wanted = words.map((word) => word.toLowerCase())
  let best = { name: '', value: content, hits: -1 }
  for (const [name, value] of entriesOf(content)) {
    const text = `${name} ${value}`.toLowerCase()
    const hits = wanted.filter((word) => text.includes(word)).length
    if (hits > best.hits) best = { name, value, hits }
  }
  return { name: best.name.slice(0, MAX_LENGTH), value: best.value.slice(0, MAX_LENGTH) }
}

function entriesOf(content: string): readonly (readonly [string, string])[] {
  try {
    const parsed: unknown = JSON.parse(content)
    if (typeof parsed === 'object' && parsed !== null)
      return Object.entries(parsed).map(([name, value]) => [name, String(value)])
  } catch {
    // Cut off: it is shown as it is.
  }
  return []
}
