import { OciError } from './errors.ts'

declare const brand: unique symbol
/** The full path of a repository, for example `team/app`. */
export type RepositoryName = string & { readonly [brand]: 'RepositoryName' }
export type Tag = string & { readonly [brand]: 'Tag' }

const MAX_NAME_LENGTH = 255
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/

/**
 * distribution-spec "Pulling manifests": the grammar of `<name>`. Components are tested one by one, so the time is
 * linear in the length.
 */
export function isRepositoryName(text: string): text is RepositoryName {
  return text.length <= MAX_NAME_LENGTH && text.split('/').every((component) => COMPONENT.test(component))
}

/** @throws OciError NAME_INVALID */
export function parseRepositoryName(text: string): RepositoryName {
  if (isRepositoryName(text)) return text
  throw new OciError('NAME_INVALID', {
    message:
      text.length > MAX_NAME_LENGTH
        ? `a repository name has at most ${MAX_NAME_LENGTH} characters`
        : 'a repository name is made of lower-case letters and digits, separated by "/", ".", "_", "__" or "-"',
    detail: { name: text.slice(0, 300) },
  })
}

export function isTag(text: string): text is Tag {
  return TAG.test(text)
}

/** @throws OciError MANIFEST_INVALID: the specification has no code for a bad tag. */
export function parseTag(text: string): Tag {
  if (isTag(text)) return text
  throw new OciError('MANIFEST_INVALID', {
    message: 'a tag has 1 to 128 letters, digits, "_", "." and "-", and starts with a letter, a digit or "_"',
    detail: { tag: text.slice(0, 300) },
  })
}
