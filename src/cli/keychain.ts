import type { RunProgram } from '../lib/run-program.ts'
import { Credential, type CredentialStore } from './credential.ts'

const SERVICE = 'berth'
const LABEL = 'Berth: '

/** The Secret Service of a desktop (GNOME Keyring, KWallet), by libsecret's `secret-tool`. */
export function libsecret(program: string, run: RunProgram): CredentialStore {
  const attributes = (server: string) => ['application', SERVICE, 'server', server]
  const find = async (server: string) => {
    const { code, stdout } = await run([program, 'lookup', ...attributes(server)])
    return code === 0 ? parseCredential(stdout) : undefined
  }
  return {
    name: 'the keyring',
    find,
    store: async (server, credential) => {
      const argv = [program, 'store', `--label=${LABEL}${server}`, ...attributes(server)] as const
      const { code } = await run([...argv], formatCredential(credential))
      if (code !== 0) throw new Error('the keyring cannot be used')
    },
    erase: async (server) => void (await run([program, 'clear', ...attributes(server)])),
    list: async () => {
      // It prints the secrets too; only this attribute is looked at, which older versions print as an error.
      const { stdout, stderr } = await run([program, 'search', '--all', 'application', SERVICE])
      const servers = `${stdout}\n${stderr}`.matchAll(/^attribute\.server = (.*)$/gm)
      const found: Record<string, string> = {}
      for (const [, server = ''] of servers) found[server] = (await find(server))?.Username ?? ''
      return found
    },
  }
}

/** macOS: `security`, whose commands come on its standard input because everybody can read its arguments. */
export function macKeychain(program: string, run: RunProgram): CredentialStore {
  return {
    name: 'the keychain',
    find: async (server) => {
      const { code, stdout } = await run([program, 'find-generic-password', '-s', LABEL + server, '-w'])
      return code === 0 ? parseCredential(stdout) : undefined
    },
    store: async (server, credential) => {
      if (/["\\\n]/.test(server + credential.Username)) throw new Error('this name does not fit into the keychain')
      const secret = Buffer.from(formatCredential(credential)).toString('hex')
      const names = `-s "${LABEL}${server}" -a "${credential.Username}"`
      const { code, stderr } = await run([program, '-i'], `add-generic-password -U ${names} -X ${secret}\n`)
      if (code !== 0 || stderr !== '') throw new Error('the keychain cannot be used')
    },
    erase: async (server) => void (await run([program, 'delete-generic-password', '-s', LABEL + server])),
    list: async () => parseDump((await run([program, 'dump-keychain'])).stdout),
  }
}

function parseDump(text: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const item of text.split(/^keychain: /m)) {
    const service = /"svce"<blob>="([^"]*)"/.exec(item)?.[1]
    const account = /"acct"<blob>="([^"]*)"/.exec(item)?.[1]
    if (service?.startsWith(LABEL)) found[service.slice(LABEL.length)] = account ?? ''
  }
  return found
}

function formatCredential({ Username, Secret }: Credential): string {
  return JSON.stringify({ Username, Secret })
}

/** Undefined for what something else wrote. */
function parseCredential(text: string): Credential | undefined {
  try {
    return Credential.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
