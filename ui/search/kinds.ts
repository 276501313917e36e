import type { ItemOf } from '../api/read.ts'

interface Kind {
  readonly kind: ItemOf<'/search'>['kind']
  /** Of many. */
  readonly label: string
  /** Said where there is none. */
  readonly hint: string
}

export const KINDS: readonly Kind[] = [
  { kind: 'repository', label: 'Repositories', hint: 'Any part of a name finds a repository.' },
  { kind: 'tag', label: 'Tags', hint: 'The beginning of a tag finds it.' },
  { kind: 'digest', label: 'Digests', hint: 'The first six digits of a digest, or more, find it.' },
  { kind: 'label', label: 'Labels', hint: 'Names and values of labels are searched.' },
  { kind: 'annotation', label: 'Annotations', hint: 'Names and values of annotations are searched.' },
  {
    kind: 'package',
    label: 'Packages',
    hint: 'The beginning of a package’s name finds it, in images that were looked into.',
  },
  { kind: 'vulnerability', label: 'Vulnerabilities', hint: 'The beginning of an id, such as CVE-2024, finds it.' },
]
