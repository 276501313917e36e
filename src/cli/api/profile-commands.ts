import { resolve } from 'node:path'
import type { Command } from 'commander'
import { UsageError } from '../exit-codes.ts'
import { print, printTable } from '../output.ts'
import { surroundings } from '../user-surroundings.ts'
import { parseServer } from './server-address.ts'
import { type Profile, PROFILE_NAME, profileNamed, readProfiles, writeProfiles } from './profiles.ts'

interface AddFlags {
  readonly server: string
  readonly caFile?: string
  readonly insecureHttp?: boolean
}

export function addProfileCommands(program: Command): void {
  const profile = program.command('profile').description('Name servers that commands work on, and choose one.')
  profile
    .command('add <name>')
    .description('Name a server, or change what a name is. Sign in to it with "berth login".')
    .requiredOption('--server <url>', 'where it is: https://registry.example')
    .option('--ca-file <file>', 'authorities of its certificate, PEM, instead of the system’s')
    .option('--insecure-http', 'allow plain HTTP to another machine, where anybody on the way can read it')
    .action(async (name: string, flags: AddFlags) => addProfile(name, flags))
  profile
    .command('list')
    .description('List the profiles; "*" is in use.')
    .action(async () => {
      const { current, profiles } = await readProfiles(surroundings())
      printTable(Object.entries(profiles).map(([name, { server }]) => [name === current ? '*' : ' ', name, server]))
    })
  profile
    .command('use [name]')
    .description('Work on that server from now on, when a command says nothing else; without a name on none.')
    .action(async (name: string | undefined) => {
      const { profiles } = await readProfiles(surroundings())
      if (name !== undefined) profileNamed({ profiles }, name)
      await writeProfiles(surroundings(), { ...(name === undefined ? {} : { current: name }), profiles })
      print(name === undefined ? 'Commands work on this machine again.' : `Commands work on ${name} now.`)
    })
  profile
    .command('show <name>')
    .description('Show a profile.')
    .action(async (name: string) => {
      const { server, caFile, insecureHttp } = profileNamed(await readProfiles(surroundings()), name)
      printTable([
        ['server', server],
        ...(caFile === undefined ? [] : [['ca-file', caFile]]),
        ...(insecureHttp === true ? [['insecure-http', 'yes']] : []),
      ])
    })
  profile
    .command('remove <name>')
    .description('Forget a profile; you stay signed in to its server until "berth logout".')
    .action(async (name: string) => {
      const { current, profiles } = await readProfiles(surroundings())
      profileNamed({ profiles }, name)
      const { [name]: _, ...rest } = profiles
      const kept = current === name || current === undefined ? {} : { current }
      await writeProfiles(surroundings(), { ...kept, profiles: rest })
      print(`The profile ${name} was removed.`)
    })
}

async function addProfile(name: string, { server, caFile, insecureHttp = false }: AddFlags): Promise<void> {
  if (!PROFILE_NAME.test(name)) throw new UsageError(`"${name}" cannot be a profile: letters, digits, ".", "_" and "-"`)
  const { origin } = parseServer(server, insecureHttp)
  const before = await readProfiles(surroundings())
  const made: Profile = {
    server: origin,
    ...(caFile === undefined ? {} : { caFile: resolve(caFile) }),
    ...(insecureHttp ? { insecureHttp } : {}),
  }
  await writeProfiles(surroundings(), { ...before, profiles: { ...before.profiles, [name]: made } })
  print(
    `The profile ${name} is ${origin}. Sign in with: berth login ${origin}; work on it with: berth profile use ${name}`,
  )
}
