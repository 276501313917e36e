import { Problem } from '../lib/problem.ts'

/** An image as people write it, its parts not yet judged. */
export interface ImageReference {
  readonly name: string
  /** A tag or a digest. */
  readonly reference: string
}

/** `NAME:TAG` or `NAME@DIGEST`. @throws Problem without either */
export function parseImageReference(text: string): ImageReference {
  const { name, reference } = splitImageReference(text)
  if (reference !== undefined && reference !== '') return { name, reference }
  throw new Problem('invalid', `"${text.slice(0, 300)}" has neither a tag nor a digest: NAME:TAG or NAME@DIGEST`)
}

/** The same where the name alone is enough. */
export function splitImageReference(text: string): { readonly name: string; readonly reference: string | undefined } {
  const at = text.indexOf('@')
  const end = at >= 0 ? at : text.indexOf(':', text.lastIndexOf('/') + 1)
  return end < 0 ? { name: text, reference: undefined } : { name: text.slice(0, end), reference: text.slice(end + 1) }
}
