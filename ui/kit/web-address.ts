/** Undefined: nothing that a page may lead to. One with a name in it could look like another's. */
export function webAddress(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const { protocol, username, href } = new URL(text)
  return ['https:', 'http:'].includes(protocol) && username === '' ? href : undefined
}
