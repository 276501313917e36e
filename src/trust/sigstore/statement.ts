import { z } from 'zod'
import type { Digest } from '../../oci/digest.ts'
import { parseBoundedJson } from '../bounded.ts'
import { Rejection } from '../rejection.ts'
import { shown } from '../words.ts'

export const IN_TOTO = 'application/vnd.in-toto+json'
/** By this predicate cosign says that it signs, and nothing else. */
export const PLAIN_SIGNATURE = 'https://sigstore.dev/cosign/sign/v1'
const STATEMENTS = ['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1']
const MAX_SUBJECTS = 1024

const subjectsSchema = z.array(z.object({ digest: z.record(z.string(), z.unknown()) }))
const statement = z.object({
  _type: z.string(),
  subject: z.array(z.unknown()),
  predicateType: z.string().min(1).max(1024),
})

/**
 * What a signed statement says of the subject; undefined: that it is signed. No library compares its subject with what was asked about, so that is done here.
 * @throws Rejection: it is no statement, or about something else
 */
export function parseStatement(payloadType: string, payload: Uint8Array, subject: Digest): string | undefined {
  if (payloadType !== IN_TOTO) throw new Rejection('form', `it signs a ${shown(payloadType, 100)}, and no statement`)
  const parsed = statement.safeParse(parseBoundedJson(payload))
  if (!parsed.success || !STATEMENTS.includes(parsed.data._type))
    throw new Rejection('form', 'it signs something that is no in-toto statement')
  const { subject: subjects, predicateType } = parsed.data
  if (subjects.length > MAX_SUBJECTS)
    throw new Rejection('subject', `it is about ${subjects.length} things; at most ${MAX_SUBJECTS} are looked at`)
  const [algorithm = '', hex = ''] = subject.split(':')
  const isAbout = subjectsSchema
    .parse(subjects)
    .some(({ digest }) => Object.hasOwn(digest, algorithm) && digest[algorithm] === hex)
  if (!isAbout) throw new Rejection('subject', 'it is about another digest')
  return predicateType === PLAIN_SIGNATURE ? undefined : predicateType
}
