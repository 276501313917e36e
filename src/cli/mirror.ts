import { Argument, type Command } from 'commander'
import { removeNamespace } from '../proxy-cache/manage-sources.ts'
import { addMirror, listMirrors, type Mirror } from '../proxy-cache/mirror.ts'
import { MIRROR_CLIENTS, type MirrorClient, mirrorFiles, parseMirrorUrl } from '../proxy-cache/mirror-files.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { BY_OPERATOR, withManagement } from './offline.ts'
import { print, printTable } from './output.ts'
import { withRemotes } from './remote.ts'

interface AddFlags extends Flags {
  readonly project?: string
  readonly remote?: string
  readonly public?: boolean
  readonly default?: boolean
}

export function addMirrorCommands(program: Command): void {
  const mirror = program
    .command('mirror')
    .description('Stand in for other registries: clients ask here for docker.io/library/nginx, and keep their names.')
  withConfig(
    mirror
      .command('add <namespace>')
      .description(
        'Stand in for docker.io or another registry. A remote, a project and a source are made where they are missing.',
      ),
  )
    .option('--project <project>', 'where its images are kept (default: a project named like it)')
    .option('--remote <remote>', 'where they come from (default: the remote of that name)')
    .option('--public', 'anybody may pull without signing in; docker does not sign in to mirrors')
    .option('--private', 'only members may pull')
    .option('--default', 'names that belong to no project mean it too, as docker’s registry-mirrors need it')
    .option('--no-default', 'they do not (as it is when nothing is said)')
    .action(async (namespace: string, flags: AddFlags) => {
      const { project, remote, default: isDefault } = flags
      if (flags.public === true && flags.private === true) throw new Error('say --public or --private, not both')
      const isPublic = flags.public === true ? true : flags.private === true ? false : undefined
      const input = { namespace, project, remote, public: isPublic, isDefault }
      for (const line of await withRemotes(flags, (parts) => addMirror(parts, BY_OPERATOR, input), true))
        print(`Made ${line}.`)
      print(`This registry stands in for ${namespace}. What clients need for it: berth mirror config`)
    })
  withConfig(mirror.command('list').description('List what this registry stands in for.')).action(
    async (flags: Flags) => {
      const mirrors = await mirrorsOf(flags)
      if (mirrors.length === 0) return print('There are no mirrors.')
      printTable([['NAMESPACE', 'PROJECT', '', 'FROM', ''], ...mirrors.map(rowOf)])
    },
  )
  withConfig(
    mirror.command('remove <namespace>').description('Stand in for it no more. Its project, images and source stay.'),
  ).action(async (namespace: string, flags: Flags) => {
    await withManagement(await offlineOf(flags), (m) => removeNamespace(m, BY_OPERATOR, namespace))
    print(`This registry does not stand in for ${namespace} any more. What was pulled stays.`)
  })
  withConfig(
    mirror
      .command('config')
      .description('Print the files that make clients ask here first.')
      .addArgument(new Argument('[client]', 'for which (default: all)').choices(MIRROR_CLIENTS)),
  )
    .option('--url <url>', 'where clients reach this registry (default: externalUrl)')
    .action(async (client: MirrorClient | undefined, flags: Flags & { readonly url?: string }) => {
      const { config } = await offlineOf(flags)
      const given = flags.url ?? config.externalUrl
      if (given === undefined)
        throw new Error('say where clients reach this registry: --url https://… (or externalUrl in the configuration)')
      const url = parseMirrorUrl(given)
      const mirrors = await mirrorsOf(flags)
      const files = mirrorFiles(client, { url, namespaces: mirrors })
      for (const [index, { path, text }] of files.entries()) {
        printPath(path, index > 0)
        process.stdout.write(text)
      }
      for (const { project, isPublic } of mirrors)
        if (!isPublic) process.stderr.write(`# The project ${project} is private: clients have to sign in to ${url}.\n`)
    })
}

/** As a comment in the file; JSON has none, and its file may be made of what is printed. */
function printPath(path: string, isNext: boolean): void {
  const line = `${isNext ? '\n' : ''}# ${path}\n`
  if (path.endsWith('.json')) process.stderr.write(line)
  else process.stdout.write(line)
}

function mirrorsOf(flags: Flags): Promise<Mirror[]> {
  return offlineOf(flags).then((offline) => withManagement(offline, (m) => listMirrors(m.database.reader)))
}

function rowOf({ name, project, isPublic, remotes, isDefault }: Mirror): string[] {
  const from = remotes.length === 0 ? 'nowhere' : remotes.join(', ')
  return [name, project, isPublic ? 'public' : 'private', from, isDefault ? 'default' : '']
}
