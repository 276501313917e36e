import { OciError } from '../oci/errors.ts'
import { RemoteError, type RemoteErrorKind } from '../registry/image-source.ts'

const WHY: Readonly<Record<RemoteErrorKind, string>> = {
  unreachable: 'cannot be reached',
  timeout: 'does not answer in time',
  refused: 'refuses our credentials, or there is nothing of that name',
  'rate-limited': 'limits how much may be pulled',
  failed: 'fails',
  invalid: 'did not answer like a registry',
}

const MINUTE_MS = 60_000

/** For a Warning header: that what is served is of before, and why. */
export function staleWarning(remote: string, kind: RemoteErrorKind, ageMs: number): string {
  return `${remote} ${WHY[kind]}; this is what the tag named ${agoOf(ageMs)}`
}

function agoOf(ms: number): string {
  const minutes = Math.round(ms / MINUTE_MS)
  if (minutes < 2) return minutes < 1 ? 'a moment ago' : 'a minute ago'
  if (minutes < 120) return `${minutes} minutes ago`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `${hours} hours ago` : `${Math.round(hours / 24)} days ago`
}

/** What a client is told when nothing of it is here. Never that it does not exist, because nobody knows. */
export function upstreamFailure(remote: string, error: RemoteError): Error {
  const message = `${remote} ${WHY[error.kind]}, and nothing of this is stored here yet; try again later`
  const retryAfterMs = error.retryAfterMs ?? DEFAULT_RETRY_MS
  if (error.kind !== 'rate-limited') return new RemoteError(error.kind, message, { cause: error, retryAfterMs })
  return new OciError('TOOMANYREQUESTS', {
    message,
    detail: { upstream: remote },
    headers: { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) },
  })
}

const DEFAULT_RETRY_MS = 10_000

/** Every upstream was asked, and one of them may have it for others. */
export function refusedBy(remotes: readonly string[], reference: string): OciError {
  return new OciError('MANIFEST_UNKNOWN', {
    message: `there is no such manifest here, and ${remotes.join(' and ')} ${remotes.length > 1 ? 'refuse' : 'refuses'} it: it is not there, or the credentials of the remote do not suffice`,
    detail: { reference: reference.slice(0, 300), refusedBy: remotes },
  })
}
