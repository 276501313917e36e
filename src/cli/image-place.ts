import { Problem } from '../lib/problem.ts'
import { splitImageReference } from '../registry/image-reference.ts'

/** Where images are, as it is written on a command line. `reference`: a tag or a digest. */
export type ImagePlace =
  | { readonly kind: 'registry'; readonly host: string; readonly name: string; readonly reference: string | undefined }
  /** This registry's own data. */
  | { readonly kind: 'local'; readonly name: string; readonly reference: string | undefined }
  | {
      readonly kind: 'oci' | 'oci-archive' | 'docker-archive'
      readonly path: string
      /** Within the file; empty: whatever it is called. */
      readonly name: string
      readonly reference: string | undefined
    }

const HOST = /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/

const FILE_KINDS = ['oci', 'oci-archive', 'docker-archive'] as const

export const PLACES =
  'HOST/NAME[:TAG], oci:FOLDER[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME:TAG] or local:NAME[:TAG]; @DIGEST in place of a tag'

/**
 * Skopeo's words where it has them: `registry.example/team/app:v1` (or `docker://…`), `oci:FOLDER:TAG`,
 * `oci-archive:FILE:TAG`, `docker-archive:FILE:NAME:TAG`, and `local:NAME:TAG` for this registry's own data. @throws Problem
 */
export function parseImagePlace(text: string): ImagePlace {
  const colon = text.indexOf(':')
  const word = text.slice(0, Math.max(colon, 0))
  const rest = text.slice(colon + 1)
  if (word === 'local') return { kind: 'local', ...splitImageReference(rest) }
  const kind = FILE_KINDS.find((each) => each === word)
  if (kind !== undefined) return parseFilePlace(kind, rest)
  return parseRegistryPlace(word === 'docker' && rest.startsWith('//') ? rest.slice(2) : text)
}

/** As in skopeo's, no colon is part of a path. */
function parseFilePlace(kind: (typeof FILE_KINDS)[number], text: string): ImagePlace {
  const end = /[:@]/.exec(text)?.index ?? text.length
  const path = text.slice(0, end)
  if (path === '') throw new Problem('invalid', `"${kind}:${text}" names no file; places are ${PLACES}`)
  const inside = text.slice(end + 1)
  if (inside === '') return { kind, path, name: '', reference: undefined }
  if (text[end] === '@') return { kind, path, name: '', reference: inside }
  const { name, reference } = splitImageReference(inside)
  return reference === undefined ? { kind, path, name: '', reference: inside } : { kind, path, name, reference }
}

/** As docker tells a host from a folder; what stands after a colon is a port. */
function isHost(text: string): boolean {
  const isDomain = text.includes('.') || text.includes(':') || text === 'localhost'
  return isDomain && HOST.test(text) && URL.canParse(`https://${text}`)
}

function parseRegistryPlace(text: string): ImagePlace {
  const [scheme] = /^https?:\/\//.exec(text) ?? []
  if (scheme !== undefined) {
    const rest = text.slice(scheme.length).replace(/\/+$/, '')
    throw new Problem('invalid', `a registry is named as images name it, without ${scheme}: ${rest.slice(0, 300)}`)
  }
  const slash = text.indexOf('/')
  const host = slash < 0 ? text : text.slice(0, slash)
  if (!isHost(host))
    throw new Problem(
      'invalid',
      `"${text.slice(0, 300)}" does not say where it is: ${PLACES}. Images of Docker Hub begin with docker.io/`,
    )
  const { name, reference } = splitImageReference(slash < 0 ? '' : text.slice(slash + 1))
  // Docker Hub's own images are written without their folder.
  const isOfficial = host === 'docker.io' && name !== '' && !name.includes('/')
  return { kind: 'registry', host, name: isOfficial ? `library/${name}` : name, reference }
}
