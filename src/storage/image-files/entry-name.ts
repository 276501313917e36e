/** Longer than any that docker or the image layout has. */
const MAX_NAME = 512

/**
 * The name of a file within an archive, or undefined for one that leads out of it or could be read in two ways
 * (CVE-2025-62725, CVE-2021-21272): absolute, with `..`, with a backslash or a control character.
 */
export function parseEntryName(text: string): string | undefined {
  const name = text.replace(/^(?:\.\/)+/, '').replace(/\/$/, '')
  if (name === '' || name === '.') return ''
  if (name.length > MAX_NAME || /[\\\p{Cc}]/u.test(name)) return undefined
  const parts = name.split('/')
  return parts.some((part) => part === '' || part === '.' || part === '..') ? undefined : name
}
