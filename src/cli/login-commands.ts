import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import { openCredentialStore } from './credential-store.ts'
import { answerDocker } from './docker-credential.ts'
import { self } from './docker-helper.ts'
import { type LoginFlags, loginCommand, logoutCommand } from './login.ts'
import { readPassword } from './password.ts'
import { type Surroundings, surroundings } from './user-surroundings.ts'

const INSECURE = [
  '--insecure-http',
  'allow plain HTTP to another machine, where anybody on the way can read it',
] as const

const AUTHORITIES = ['--ca-file <file>', 'authorities of its certificate, PEM, instead of the system’s'] as const

/** `berth login`, `berth logout`, and what docker calls. */
export function addLoginCommands(program: Command): void {
  program
    .command('login <host>')
    .description('Sign this terminal in to a registry, with a browser or with a password, and docker with it.')
    .option('--username <name>', 'sign in with a password, which is asked for or read from standard input')
    .option('--password-stdin', 'read the password from standard input')
    .option(...INSECURE)
    .option(...AUTHORITIES)
    .option('--open', 'open the page in a browser of this machine')
    .option('--no-docker', 'leave the configuration of docker as it is')
    .action(async (host: string, flags: LoginFlags & { readonly passwordStdin?: boolean }) => {
      if (flags.passwordStdin === true && flags.username === undefined)
        throw new Error('--password-stdin needs --username')
      const password = flags.passwordStdin === true ? firstLine : readPassword
      await loginCommand(surroundings(), host, { ...flags, self: self(), readPassword: password })
    })
  program
    .command('logout <host>')
    .description('Sign this terminal out of a registry, and docker with it.')
    .option(...INSECURE)
    .option(...AUTHORITIES)
    .action(async (host: string, flags: Pick<LoginFlags, 'insecureHttp' | 'caFile'>) => {
      if (!(await logoutCommand(surroundings(), host, flags))) process.exitCode = 1
    })
  program
    .command('docker-credential <action>')
    .description('Docker calls this under the name docker-credential-berth: get, store, erase or list.')
    .action((action: string) => dockerCredential(surroundings(), action))
}

async function dockerCredential(here: Surroundings, action: string): Promise<void> {
  const input = action === 'list' || action === 'version' ? '' : await text(process.stdin)
  const { code, output } = await answerDocker(await openCredentialStore(here), action, input)
  process.stdout.write(output)
  process.exitCode = code
}

async function firstLine(): Promise<string> {
  return (await text(process.stdin)).split(/\r?\n/)[0] ?? ''
}
