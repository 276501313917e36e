import { Lru } from '../lib/lru.ts'
import { isRepositoryName, isTag } from '../oci/name.ts'
import { RemoteError, type TagPage } from '../registry/image-source.ts'
import type { Answer } from './guarded-egress.ts'
import { FutileRequest } from './guarded-connection.ts'
import type { Call, RemoteCalls } from './remote-calls.ts'
import { absent, pullScope, requireNoPage } from './remote-manifests.ts'
import { jsonObject } from './remote-tokens.ts'

/** Some registries know no pages and send all they have. */
const MAX_PAGE_BYTES = 32 * 1024 * 1024
const CATALOG_PAGE = 1000
/** One more page than any list has. */
const MAX_PAGES = 100_000
/** Pages of nothing but names that cannot be. */
const MAX_EMPTY_PAGES = 10

/** The address of the next page and how many came before it. */
interface NextPage {
  readonly url: URL
  readonly number: number
}

interface ListPage {
  readonly names: readonly string[]
  readonly next: URL | undefined
}

interface Wanted {
  readonly after: string
  readonly limit: number
}

interface Linked {
  readonly name: string
  readonly wanted: Wanted
  readonly link: NextPage
  readonly signal: AbortSignal | undefined
}

/**
 * Tags by page. Registries make their own links (`last=`, `next_page=`, tokens), so the link is remembered under the
 * last tag of its page; who comes with a name that no page ended with is answered by `last=`.
 */
export class RemoteTagLists {
  readonly #calls: RemoteCalls
  readonly #links = new Lru<string, NextPage>(10_000)

  constructor(calls: RemoteCalls) {
    this.#calls = calls
  }

  /** end-8. What is no tag is left out. More than `limit` only where the registry makes its own pages. @throws RemoteError */
  async page(name: string, wanted: Wanted, signal?: AbortSignal): Promise<TagPage | undefined> {
    if (!isRepositoryName(name)) return undefined
    const link = this.#links.get(keyOf(name, wanted, wanted.after))
    if (link !== undefined) return this.#linked({ name, wanted, link, signal })
    const last = wanted.after === '' ? '' : `&last=${encodeURIComponent(wanted.after)}`
    const page = await this.#read(name, `/v2/${name}/tags/list?n=${wanted.limit}${last}`, signal)
    if (page === undefined) return undefined
    if (page.next === undefined) return cut(page.names, wanted)
    const next = { url: page.next, number: 1 }
    return this.#remembered(name, wanted, page.names, next) ?? this.#linked({ name, wanted, link: next, signal })
  }

  /** A page that the registry named. Those with nothing but names that cannot be are passed over. */
  async #linked({ name, wanted, link, signal }: Linked): Promise<TagPage | undefined> {
    let { url, number } = link
    for (let tries = 0; tries < MAX_EMPTY_PAGES; tries++) {
      const page = await this.#read(name, url, signal)
      if (page === undefined) return undefined
      if (page.next === undefined) return { tags: page.names, next: undefined }
      number++
      const found = this.#remembered(name, wanted, page.names, { url: page.next, number })
      if (found !== undefined) return found
      url = page.next
    }
    throw endless(this.#calls.label)
  }

  /** Undefined: no tag on this page to remember the next one by. */
  #remembered(name: string, wanted: Wanted, tags: readonly string[], next: NextPage): TagPage | undefined {
    const last = tags.at(-1)
    if (last === wanted.after || next.number > MAX_PAGES) throw endless(this.#calls.label)
    if (last === undefined) return undefined
    this.#links.set(keyOf(name, wanted, last), next)
    return { tags, next: last }
  }

  async #read(name: string, path: URL | string, signal: AbortSignal | undefined): Promise<ListPage | undefined> {
    const call = { ...listCall(path, pullScope(name), signal), expects: [200, 404] }
    const whole = await this.#calls.read(call, MAX_PAGE_BYTES)
    return whole.content === undefined ? absent(this.#calls, whole) : pageIn(this.#calls, whole, 'tags', isTag)
  }
}

function keyOf(name: string, { limit }: Wanted, after: string): string {
  return `${name} ${limit} ${after}`
}

/** A registry without pages sends all that it has, again and again. */
function cut(names: readonly string[], { after, limit }: Wanted): TagPage {
  const tags = names.filter((name) => name > after).sort(byName)
  if (tags.length <= limit) return { tags, next: undefined }
  const page = tags.slice(0, limit)
  return { tags: page, next: page.at(-1) }
}

/** All are ASCII, so this is the order of bytes. */
function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function endless(label: string): RemoteError {
  return new FutileRequest('invalid', `${label} answered with a list that has no end`)
}

/** `_catalog`, which Docker Hub and others do not have. @throws RemoteError */
export async function* remoteRepositories(calls: RemoteCalls, signal: AbortSignal | undefined): AsyncGenerator<string> {
  let path: URL | string = `/v2/_catalog?n=${CATALOG_PAGE}`
  let last: string | undefined
  for (let number = 0; number < MAX_PAGES; number++) {
    const call = { ...listCall(path, 'registry:catalog:*', signal), expects: [200, 404, 405] }
    const whole = await calls.read(call, MAX_PAGE_BYTES)
    if (whole.content === undefined)
      throw new FutileRequest('invalid', `${calls.label} has no list of its repositories; name them`)
    const page = pageIn(calls, whole, 'repositories', isRepositoryName)
    yield* page.names
    if (page.next === undefined) return
    if (page.names.length === 0 || page.names.at(-1) === last) break
    last = page.names.at(-1)
    path = page.next
  }
  throw endless(calls.label)
}

function listCall(path: URL | string, scope: string, signal: AbortSignal | undefined): Omit<Call, 'expects'> {
  return { method: 'GET', path, scopes: [scope], headers: { accept: 'application/json' }, signal }
}

function pageIn(
  calls: RemoteCalls,
  { answer, content }: { readonly answer: Answer; readonly content: Uint8Array },
  key: 'repositories' | 'tags',
  isName: (text: string) => boolean,
): ListPage {
  requireNoPage(answer, calls.label)
  const body = jsonObject(content)
  if (body === undefined) throw new RemoteError('invalid', `${calls.label} answered with something that is not a list`)
  // Go writes an empty list as null.
  const names = Array.isArray(body[key]) ? (body[key] as unknown[]) : []
  const sound = names.filter((name) => typeof name === 'string' && isName(name)) as string[]
  return { names: sound, next: nextPageOf(calls, answer) }
}

/** RFC 8288; on the registry itself, or our password could be asked for elsewhere. @throws RemoteError invalid */
export function nextPageOf(calls: RemoteCalls, answer: Answer): URL | undefined {
  const target = /^\s*<([^>]{1,4096})>[^,]{0,1000}?;\s*rel="?next"?/i.exec(answer.header('link') ?? '')?.[1]
  if (target === undefined) return undefined
  const url = URL.canParse(target, answer.url.href) ? new URL(target, answer.url) : undefined
  if (url?.origin === calls.base.origin && answer.url.origin === calls.base.origin) return url
  throw new FutileRequest('invalid', `${calls.label} sends us to another host for the next page`)
}
