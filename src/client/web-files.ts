import { RemoteError } from '../registry/image-source.ts'
import { kindOfAddress } from './address-kind.ts'
import { type Resolve, resolveBySystem } from './guarded-connection.ts'
import { type Answer, createGuardedEgress, EGRESS_TIMES, type EgressTimes } from './guarded-egress.ts'

export interface WebFilesOptions {
  /** The folder they are in. */
  readonly source: string
  readonly allowPrivate: boolean
  readonly signal?: AbortSignal | undefined
  /** What tests put in the place of the world. */
  readonly resolve?: Resolve
  readonly times?: Partial<EgressTimes>
}

/** A file whose body has to be read. */
export interface WebFile {
  readonly answer: Answer
  readonly url: string
}

/** Files of a web server that an operator named. */
export interface WebFiles {
  readonly host: string
  /**
   * Undefined: there is none; `unchanged`: it is the one with that etag still. Names need no encoding.
   *
   * @throws RemoteError; the signal's reason
   */
  get(path: readonly string[], etag?: string): Promise<WebFile | 'unchanged' | undefined>
}

export function openWebFiles(options: WebFilesOptions): WebFiles {
  const { source, allowPrivate, signal, resolve = resolveBySystem, times } = options
  const base = new URL(source.endsWith('/') ? source : `${source}/`)
  const insecureHttp = base.protocol === 'http:'
  const rules = { origin: base, allowPrivate, insecureHttp, ca: undefined, resolve, kindOf: kindOfAddress }
  const egress = createGuardedEgress(rules, { ...EGRESS_TIMES, ...times })
  return {
    host: base.host,
    get: async (path, etag) => {
      const url = new URL(path.map(encodeURIComponent).join('/'), base)
      const headers = etag === undefined ? {} : { 'if-none-match': etag }
      const answer = await egress({ method: 'GET', url, headers, mayBePrivate: true, signal })
      if (answer.status === 200) return { answer, url: url.href }
      await answer.discard()
      if (answer.status === 304 && etag !== undefined) return 'unchanged'
      if (answer.status === 404 || answer.status === 410) return undefined
      throw new RemoteError('invalid', `${base.host} answered with status ${answer.status}`)
    },
  }
}
