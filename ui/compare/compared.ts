import { read } from '../api/read.ts'
import { patiently } from '../image/files/patiently.ts'

/** Two images, as the address names them. */
export interface Pair {
  readonly repository: string
  readonly from: string
  readonly to: Place
  readonly platform: string | undefined
}

/** An image of this repository, or of another one. */
export interface Place {
  readonly repository: string
  readonly reference: string
}

const DIGEST = /^sha\d+:[0-9a-f]+$/

/** `v2`, `sha256:…`; of another repository `team/fork:v2`, `team/fork@sha256:…`. */
export function parsePlace(text: string, repository: string): Place {
  if (DIGEST.test(text)) return { repository, reference: text }
  const at = text.includes('@') ? text.indexOf('@') : text.lastIndexOf(':')
  return at <= 0 ? { repository, reference: text } : { repository: text.slice(0, at), reference: text.slice(at + 1) }
}

/** What each question about both says. */
export function paramsOf({ repository, from, to, platform }: Pair) {
  const query = {
    ...{ from, to: to.reference },
    ...(to.repository !== repository && { with: to.repository }),
    ...(platform !== undefined && { platform }),
  }
  return { path: { repository }, query }
}

export function readComparison(pair: Pair) {
  const asked = read('/repositories/{repository}/compare', { params: paramsOf(pair) })
  return { ...asked, queryFn: (context: { readonly signal: AbortSignal }) => patiently(() => asked.queryFn(context)) }
}

export type Comparison = Awaited<ReturnType<ReturnType<typeof readComparison>['queryFn']>>

export interface CompareViewProps {
  readonly pair: Pair
  readonly found: Comparison
}
