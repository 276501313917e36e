import { z } from 'zod'
import type { Answer } from './client.ts'
import { SEED } from './content.ts'

export interface Expected {
  readonly status: number
  /** A text: equal. A pattern: matches. `null`: must be absent. */
  readonly headers?: Readonly<Record<string, string | RegExp | null>>
  readonly body?: Uint8Array | string
  /** The code of the first error in the body. */
  readonly error?: string
}

/** The spec's fourteen, and the two of distribution that have no counterpart there. */
const ERROR_CODES = new Set(
  `BLOB_UNKNOWN BLOB_UPLOAD_INVALID BLOB_UPLOAD_UNKNOWN DIGEST_INVALID MANIFEST_BLOB_UNKNOWN MANIFEST_INVALID
   MANIFEST_UNKNOWN NAME_INVALID NAME_UNKNOWN SIZE_INVALID UNAUTHORIZED DENIED UNSUPPORTED TOOMANYREQUESTS
   RANGE_INVALID PAGINATION_NUMBER_INVALID`.split(/\s+/),
)

const ErrorBody = z.object({
  errors: z.array(z.object({ code: z.string(), message: z.string().min(1), detail: z.unknown().optional() })).min(1),
})

/** Compares an answer with what is expected and, always, with what every answer must have; the message says how to repeat it. */
export function check(answer: Answer, expected: Expected): Answer {
  const problems = [
    ...statusProblems(answer, expected.status),
    ...headerProblems(answer, expected.headers ?? {}),
    ...bodyProblems(answer, expected.body),
    ...errorProblems(answer, expected.error),
    // Some old clients sniff it, so it belongs on refusals too.
    ...headerProblems(answer, { 'Docker-Distribution-API-Version': 'registry/2.0' }),
  ]
  if (problems.length > 0) fail(answer, problems)
  return answer
}

export function errorsOf(answer: Answer): z.infer<typeof ErrorBody>['errors'] {
  const parsed = ErrorBody.safeParse(jsonOf(answer))
  if (!parsed.success) return fail(answer, ['not a body of errors'])
  return parsed.data.errors
}

export function parse<T>(answer: Answer, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(jsonOf(answer))
  return parsed.success ? parsed.data : fail(answer, [z.prettifyError(parsed.error)])
}

export function headerOf(answer: Answer, name: string): string {
  return answer.headers.get(name) ?? fail(answer, [`no ${name}`])
}

function jsonOf(answer: Answer): unknown {
  try {
    return JSON.parse(answer.text)
  } catch {
    return fail(answer, ['body is not JSON'])
  }
}

function fail(answer: Answer, problems: readonly string[]): never {
  const headers = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join('\n    ')
  const body = answer.text.slice(0, 500)
  throw new Error(
    `${answer.asked} → ${answer.status} (BERTH_TEST_SEED=${SEED})\n  ${problems.join('\n  ')}\n  got\n    ${headers}\n    ${body}`,
  )
}

function statusProblems(answer: Answer, status: number): string[] {
  return answer.status === status ? [] : [`status: expected ${status}`]
}

function headerProblems(answer: Answer, headers: NonNullable<Expected['headers']>): string[] {
  return Object.entries(headers).flatMap(([name, wanted]) => {
    const got = answer.headers.get(name)
    const right = wanted instanceof RegExp ? got !== null && wanted.test(got) : got === wanted
    return right ? [] : [`${name}: expected ${wanted ?? 'none'}, got ${got ?? 'none'}`]
  })
}

function bodyProblems(answer: Answer, body: Expected['body']): string[] {
  if (body === undefined) return []
  const wanted = typeof body === 'string' ? new TextEncoder().encode(body) : body
  const same = Buffer.from(wanted).equals(answer.bytes)
  return same ? [] : [`body: expected ${wanted.length} bytes, got ${answer.bytes.length}, or others`]
}

/** A refusal with a body explains itself as JSON, in the words of the spec ("Error Codes"), whatever a case looks at. */
function errorProblems(answer: Answer, code: string | undefined): string[] {
  if (answer.status < 400 || answer.bytes.length === 0) {
    return code === undefined ? [] : [`expected an error ${code}, got no body of one`]
  }
  const type = answer.headers.get('Content-Type')
  if (type !== 'application/json') return [`Content-Type of an error: expected application/json, got ${type}`]
  const first = errorsOf(answer)[0]?.code ?? ''
  if (!ERROR_CODES.has(first)) return [`${first} is no error code of the spec`]
  return code === undefined || first === code ? [] : [`error: expected ${code}, got ${first}`]
}
