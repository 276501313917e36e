import { z } from 'zod'
import { readUserFile } from '../lib/user-files.ts'
import { TOKEN_USER } from './credential.ts'
import { dockerConfigPath } from './docker-config.ts'
import type { Surroundings } from './user-surroundings.ts'

export interface Login {
  readonly username: string
  readonly password: string
}

/** What docker and others write when somebody signs in with them. */
const Logins = z.looseObject({
  auths: z
    .record(z.string(), z.looseObject({ auth: z.string().optional(), identitytoken: z.string().optional() }))
    .optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
  credsStore: z.string().optional(),
})
const Answer = z.looseObject({ Username: z.string(), Secret: z.string() })

/** Docker Hub's name in docker's own settings. */
const HUB = 'https://index.docker.io/v1/'
/** A helper's name becomes that of a program. */
const HELPER = /^[A-Za-z0-9._-]+$/

/** What docker would sign in with there, the user `<token>` for a refresh token; undefined: nothing. @throws Error when its settings or its helper are broken */
export async function findDockerLogin(here: Surroundings, host: string): Promise<Login | undefined> {
  const path = dockerConfigPath(here)
  const { auths = {}, credHelpers = {}, credsStore } = parseLogins(path, await readUserFile(path))
  const keys = host === 'docker.io' ? [HUB, 'docker.io', 'index.docker.io'] : [host, `https://${host}`]
  for (const key of keys) {
    const helper = Object.hasOwn(credHelpers, key) ? credHelpers[key] : credsStore
    const found = helper === undefined ? undefined : await askHelper(here, helper, key)
    if (found !== undefined) return found
  }
  for (const key of keys) {
    const found = Object.hasOwn(auths, key) ? loginOf(auths[key]) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

function parseLogins(path: string, text: string | undefined): z.infer<typeof Logins> {
  try {
    return Logins.parse(JSON.parse(text === undefined || text.trim() === '' ? '{}' : text))
  } catch {
    throw new Error(`${path} is not a configuration of docker`)
  }
}

/** A refresh token counts more than the password beside it, which docker leaves empty then. */
function loginOf(entry: { readonly auth?: string | undefined; readonly identitytoken?: string | undefined } = {}) {
  const { auth = '', identitytoken = '' } = entry
  return identitytoken === '' ? decode(auth) : { username: TOKEN_USER, password: identitytoken }
}

function decode(auth: string): Login | undefined {
  const text = Buffer.from(auth, 'base64').toString('utf8')
  return text.includes(':') ? splitLogin(text) : undefined
}

async function askHelper(here: Surroundings, helper: string, key: string): Promise<Login | undefined> {
  if (!HELPER.test(helper)) throw new Error(`"${helper.slice(0, 100)}" cannot be a credential helper of docker`)
  const { code, stdout } = await here.run([`docker-credential-${helper}`, 'get'], key).catch((cause: unknown) => {
    throw new Error(`docker-credential-${helper}, which docker's settings name, cannot be run`, { cause })
  })
  // Whatever it says then: there is nothing to sign in with.
  if (code !== 0) return undefined
  const answer = Answer.safeParse(parseJson(stdout))
  if (!answer.success) throw new Error(`docker-credential-${helper} gave no credentials`)
  return { username: answer.data.Username, password: answer.data.Secret }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `USER:PASSWORD` in a file, one line. @throws Error */
export async function readLoginFile(path: string): Promise<Login> {
  const text = await readUserFile(path)
  if (text === undefined) throw new Error(`${path} is not there`)
  const line = text.replace(/\r?\n$/, '')
  if (line.includes(':') && !line.includes('\n')) return splitLogin(line)
  throw new Error(`${path} does not hold one line of USER:PASSWORD`)
}

function splitLogin(text: string): Login {
  const colon = text.indexOf(':')
  return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, '') }
}
