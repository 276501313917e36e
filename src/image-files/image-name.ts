import { OciError } from '../oci/errors.ts'
import { isRepositoryName, isTag, parseRepositoryName, parseTag } from '../oci/name.ts'

/** The image-spec's annotation for a tag, or for whatever a tool calls an image. */
export const REF_NAME = 'org.opencontainers.image.ref.name'
/** Containerd's and docker's, for the whole name with a host. */
export const CONTAINERD_NAME = 'io.containerd.image.name'

/** What a file calls an image. */
export interface FileImageName {
  /** Without a host; empty: the file does not say. */
  readonly name: string
  readonly tag: string
}

/** `registry.example:5000/team/app:v1` → `team/app`, `v1`; `docker.io/library/nginx:1` → `nginx`, `1`. */
export function parseFileImageName(text: string): FileImageName | undefined {
  const colon = text.lastIndexOf(':')
  if (colon <= text.lastIndexOf('/')) return undefined
  const tag = text.slice(colon + 1)
  const name = withoutHost(text.slice(0, colon))
  return isRepositoryName(name) && isTag(tag) ? { name, tag } : undefined
}

/** For people, of what is not understood as a name. */
export function whyNoName(text: string): string {
  const colon = text.lastIndexOf(':')
  if (colon <= text.lastIndexOf('/')) return 'it has no tag'
  try {
    parseRepositoryName(withoutHost(text.slice(0, colon)))
    parseTag(text.slice(colon + 1))
  } catch (error) {
    if (error instanceof OciError) return error.message
    throw error
  }
  return 'it is not understood'
}

/** As docker tells a host from a folder. */
function withoutHost(name: string): string {
  const slash = name.indexOf('/')
  const first = name.slice(0, Math.max(slash, 0))
  if (!first.includes('.') && !first.includes(':') && first !== 'localhost') return name
  const rest = name.slice(slash + 1)
  return first === 'docker.io' ? rest.replace(/^library\//, '') : rest
}

/** The name that an entry of a layout gives, by its annotations. */
export function nameOfEntry(annotations: Readonly<Record<string, string>>): FileImageName | undefined {
  const { [CONTAINERD_NAME]: whole, [REF_NAME]: ref } = annotations
  const named = whole === undefined ? undefined : parseFileImageName(whole)
  if (named !== undefined || ref === undefined) return named
  return isTag(ref) ? { name: '', tag: ref } : parseFileImageName(ref)
}

/** What the annotations say in place of a name, where it is none. */
export function misnamedEntry(annotations: Readonly<Record<string, string>>): string | undefined {
  return nameOfEntry(annotations) === undefined ? (annotations[REF_NAME] ?? annotations[CONTAINERD_NAME]) : undefined
}

/** How containerd names it: with a host. */
export function containerdName({ name, tag }: FileImageName, host: string | undefined): string {
  if (host !== undefined) return `${host}/${name}:${tag}`
  return name.includes('/') ? `docker.io/${name}:${tag}` : `docker.io/library/${name}:${tag}`
}
