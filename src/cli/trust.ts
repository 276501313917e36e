import type { Command } from 'commander'
import { addAnchor, describeAnchors, removeAnchor } from '../signing/manage-anchors.ts'
import { signaturesFor } from '../signing/signatures.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { BY_OPERATOR, withManagement, withRegistry } from './offline.ts'
import { print, printTable } from './output.ts'
import { projectNamed } from './project.ts'
import { localImage } from './local-image.ts'
import { printSignatures } from './signature-text.ts'
import { readTrust, type TrustFlags, withTrustFlags } from './trust-flags.ts'

export function addTrustCommands(program: Command): void {
  const trust = program.command('trust').description('Say whose signatures a project trusts.')
  withTrustFlags(
    withConfig(trust.command('add <project> <name>').description('Trust somebody’s signatures from now on.')),
  ).action(async (project: string, name: string, flags: Flags & TrustFlags) => {
    const { kind, body } = await readTrust(flags)
    const added = await withManagement(await offlineOf(flags), async (m) =>
      addAnchor(m, BY_OPERATOR, await projectNamed(m, project), { name, kind, body }),
    )
    print(`The project ${project} trusts "${name}" from now on: ${added.summary}.`)
  })
  withConfig(trust.command('list <project>').description('List whom a project trusts.')).action(
    async (project: string, flags: Flags) => {
      const anchors = await withManagement(await offlineOf(flags), async (m) =>
        describeAnchors(m, await projectNamed(m, project)),
      )
      printTable(anchors.map(({ name, kind, summary }) => [name, kind, summary]))
    },
  )
  withConfig(trust.command('remove <project> <name>').description('Trust one no more.')).action(
    async (project: string, name: string, flags: Flags) => {
      await withManagement(await offlineOf(flags), async (m) =>
        removeAnchor(m, BY_OPERATOR, await projectNamed(m, project), name),
      )
      print(`The project ${project} does not trust "${name}" any more.`)
    },
  )
  withConfig(
    program
      .command('signatures <image>')
      .description('Show who signed REPOSITORY:TAG of this registry, and whether its project trusts them.'),
  ).action(showSignatures)
}

async function showSignatures(image: string, flags: Flags): Promise<void> {
  const found = await withRegistry(await offlineOf(flags), async (registry, m) => {
    const { spot, head } = await localImage(registry, image)
    return signaturesFor(registry, m.access).signaturesOf(spot, head.digest)
  })
  printSignatures(found)
}
