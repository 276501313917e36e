import { writeFileSync } from 'node:fs'
import { REPOSITORY } from './data-set.ts'
import type { Headers } from './seed.ts'

const USER = 'bench'
const PASSWORD = 'bench-password'

/** A password file for one user, as `htpasswd -B` writes it. */
export async function writeHtpasswd(path: string): Promise<void> {
  writeFileSync(path, `${USER}:${await Bun.password.hash(PASSWORD, { algorithm: 'bcrypt', cost: 5 })}\n`)
}

/** Logs in the way every client does: the challenge of /v2/ names the token service, which takes the password once. */
export async function bearerHeaders(url: string, repository = REPOSITORY): Promise<Headers> {
  const challenge = (await fetch(`${url}/v2/`)).headers.get('www-authenticate') ?? ''
  const realm = /realm="([^"]+)"/.exec(challenge)?.[1]
  if (!challenge.startsWith('Bearer') || realm === undefined) throw new Error(`no Bearer challenge: "${challenge}"`)
  const service = /service="([^"]+)"/.exec(challenge)?.[1]
  const question = new URL(realm)
  if (service !== undefined) question.searchParams.set('service', service)
  question.searchParams.set('scope', `repository:${repository}:pull,push`)
  const login = { authorization: `Basic ${btoa(`${USER}:${PASSWORD}`)}` }
  const response = await fetch(question, { headers: login })
  if (!response.ok) throw new Error(`${question} answered ${response.status}: ${await response.text()}`)
  const answer: unknown = await response.json()
  return { authorization: `Bearer ${tokenIn(answer)}` }
}

function tokenIn(answer: unknown): string {
  if (typeof answer === 'object' && answer !== null && 'token' in answer && typeof answer.token === 'string') {
    return answer.token
  }
  throw new Error('the token service answered without a token')
}
