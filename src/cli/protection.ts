import { type Command, InvalidArgumentError } from 'commander'
import { duration } from '../config/values.ts'
import { protect, unprotect } from '../protection/manage-protections.ts'
import { listHolders } from '../protection/store.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { BY_OPERATOR, withManagement } from './offline.ts'
import { print, printTable } from './output.ts'
import { projectNamed } from './project.ts'

export function addProtectionCommands(program: Command): void {
  const protection = program
    .command('protect')
    .description('Say that images are in use, so that neither people nor rules delete them.')
  withConfig(
    protection
      .command('set <project> <holder> <images...>', { isDefault: true })
      .description('Protect these images ("team/app:v1", "team/app@sha256:…") instead of those the holder had before.'),
  )
    .requiredOption('--for <time>', 'for how long: "90m", "24h" or "30d"; say it again before that', parseSeconds)
    .action(async (name: string, holder: string, images: string[], flags: Flags & { readonly for: number }) => {
      const { count, until, missing } = await withManagement(await offlineOf(flags), async (m) =>
        protect(m, BY_OPERATOR, await projectNamed(m, name), { holder, images, seconds: flags.for }),
      )
      for (const image of missing) process.stderr.write(`${image} is not in the project ${name}\n`)
      print(
        count === 0
          ? `None of them was found: ${holder} keeps nothing in the project ${name}.`
          : `${holder} protects ${count} ${count === 1 ? 'image' : 'images'} until ${until.toISOString()}.`,
      )
      if (missing.length > 0) process.exitCode = 1
    })
  withConfig(
    protection.command('list <project>').description('List who protects images of a project, how many and until when.'),
  ).action(async (name: string, flags: Flags) => {
    const holders = await withManagement(await offlineOf(flags), async (m) =>
      listHolders(m.database.reader, (await projectNamed(m, name)).id, m.clock.now()),
    )
    const rows = holders.map(({ name: holder, images, until }) => [
      holder,
      String(images),
      `until ${until.toISOString()}`,
    ])
    printTable(rows)
  })
  withConfig(protection.command('remove <project> <holder>').description('End what a holder protects.')).action(
    async (name: string, holder: string, flags: Flags) => {
      await withManagement(await offlineOf(flags), async (m) =>
        unprotect(m, BY_OPERATOR, await projectNamed(m, name), holder),
      )
      print(`${holder} protects nothing in the project ${name} any more.`)
    },
  )
}

function parseSeconds(text: string): number {
  const parsed = duration.safeParse(text)
  if (parsed.success) return parsed.data / 1000
  throw new InvalidArgumentError('a number with s, m, h or d, for example "24h"')
}
