import { digestOf, GROWTH_TYPE } from './growth-content.ts'

export interface Verified {
  readonly url: string
  /** What it lists, in this order; undefined for a manifest. */
  readonly names: readonly string[] | undefined
  /** Whether more may be listed, in any order: docker-registry knows no pages of tags. */
  readonly mayHaveMore: boolean
}

interface Listed {
  readonly tags?: readonly string[]
  readonly repositories?: readonly string[]
  readonly manifests?: readonly { readonly digest: string }[]
}

/** Outside the timed sections. @throws Error when a server does not answer what was put there */
export async function verify({ url, names, mayHaveMore }: Verified): Promise<void> {
  const answer = await fetch(url, { headers: { Accept: GROWTH_TYPE } })
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}: ${text.slice(0, 200)}`)
  if (names === undefined) {
    if (digestOf(text) !== answer.headers.get('docker-content-digest')) throw new Error(`${url} answered other bytes`)
    return
  }
  const body: Listed = JSON.parse(text)
  const listed = body.tags ?? body.repositories ?? body.manifests?.map(({ digest }) => digest) ?? []
  const known = new Set(listed)
  const isRight = mayHaveMore ? names.every((name) => known.has(name)) : String(listed) === String(names)
  if (!isRight) throw new Error(`${url} does not list what is there: ${text.slice(0, 200)}`)
}
