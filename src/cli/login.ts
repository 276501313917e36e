import { readTextFile } from '../auth/secret-file.ts'
import { awaitApproval, beginDeviceLogin, passwordLogin, revokeToken } from '../client/device-login.ts'
import { parseRegistryHost, reachRegistry, type RegistryAddress } from '../client/registry-address.ts'
import { type CredentialStore, TOKEN_USER } from './credential.ts'
import { openCredentialStore } from './credential-store.ts'
import { dockerConfigPath, forgetHelper, useHelper } from './docker-config.ts'
import { installHelper, type Self } from './docker-helper.ts'
import type { Surroundings } from './user-surroundings.ts'

export interface LoginFlags {
  readonly username?: string
  readonly insecureHttp?: boolean
  readonly caFile?: string
  /** Opens the page in a browser. */
  readonly open?: boolean
  /** False: docker's configuration stays as it is. */
  readonly docker?: boolean
}

/** Signs this terminal in, and docker with it. */
export async function loginCommand(
  here: Surroundings,
  host: string,
  flags: LoginFlags & { readonly self: Self; readonly readPassword: () => Promise<string> },
): Promise<void> {
  const registry = await reachRegistry(host, flags.insecureHttp === true, authoritiesIn(flags.caFile))
  const token =
    flags.username === undefined
      ? await withBrowser(here, registry, flags.open === true)
      : await passwordLogin(registry, flags.username, await flags.readPassword())
  const store = await openCredentialStore(here)
  const before = await store.find(registry.host)
  await store.store(registry.host, { Username: TOKEN_USER, Secret: token })
  if (before?.Username === TOKEN_USER && before.Secret !== token) await endQuietly(registry, before.Secret)
  here.say(`Signed in to ${registry.host}.`)
  if (flags.docker === false) return
  await useHelper(dockerConfigPath(here), registry.host)
  await installHelper(here, flags.self)
}

function authoritiesIn(caFile: string | undefined): string | undefined {
  return caFile === undefined ? undefined : readTextFile(caFile)
}

async function withBrowser(here: Surroundings, registry: RegistryAddress, open: boolean): Promise<string> {
  const start = await beginDeviceLogin(registry)
  here.say(`Open ${start.verificationUri} in a browser and type this code: ${start.userCode}`)
  here.say(`Or open ${start.completeUri} and compare the code.`)
  if (open) await openBrowser(here, start.completeUri)
  return awaitApproval(registry, start, here.clock)
}

/** Where there is no browser, the address stands above. */
async function openBrowser({ run, platform }: Surroundings, url: string): Promise<void> {
  await run([platform === 'darwin' ? 'open' : 'xdg-open', url]).catch(() => undefined)
}

/** The one that was kept before: nobody has it any more. It ends by itself, too. */
async function endQuietly(registry: RegistryAddress, token: string): Promise<void> {
  await revokeToken(registry, token).catch(() => undefined)
}

/** Signs this terminal out, at the registry as well. Returns whether the registry knows of it. */
export async function logoutCommand(
  here: Surroundings,
  text: string,
  flags: Pick<LoginFlags, 'insecureHttp' | 'caFile'>,
): Promise<boolean> {
  const { host } = parseRegistryHost(text)
  const store = await openCredentialStore(here)
  const credential = await store.find(host)
  const ended = credential?.Username !== TOKEN_USER || (await end(here, text, { ...flags, token: credential.Secret }))
  await forget(here, store, host)
  here.say(credential === undefined ? `You were not signed in to ${host}.` : `Signed out of ${host}.`)
  return ended
}

async function forget(here: Surroundings, store: CredentialStore, host: string): Promise<void> {
  await store.erase(host)
  await forgetHelper(dockerConfigPath(here), host)
}

async function end(
  here: Surroundings,
  text: string,
  { token, insecureHttp = false, caFile }: Pick<LoginFlags, 'insecureHttp' | 'caFile'> & { readonly token: string },
): Promise<boolean> {
  try {
    await revokeToken(await reachRegistry(text, insecureHttp, authoritiesIn(caFile)), token)
    return true
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    here.warn(
      `The registry could not be told (${reason}): the token is gone from here, and good there until it expires.`,
    )
    return false
  }
}
