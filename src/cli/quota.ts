import { type Command, InvalidArgumentError } from 'commander'
import type { Management } from '../access/management.ts'
import type { Project } from '../access/project-store.ts'
import { formatByteSize, parseByteSize } from '../lib/byte-size.ts'
import { countedInBin } from '../quota/count-store.ts'
import { removeQuota, requireQuota, setQuota } from '../quota/manage-quotas.ts'
import { reservedByOthers } from '../quota/reservation-store.ts'
import { type Counts, findQuota, type Limits, listQuotas, type Quota } from '../quota/store.ts'
import { isNearlyFull, percentUsed, RESOURCES } from '../quota/warning.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { BY_OPERATOR, withManagement } from './offline.ts'
import { print, printTable } from './output.ts'
import { projectNamed } from './project.ts'

/** `none`: no such limit. */
type Limit = number | 'none'

interface SetFlags extends Flags {
  readonly bytes?: Limit
  readonly repositories?: Limit
  readonly tags?: Limit
}

export function addQuotaCommands(program: Command): void {
  const quota = program.command('quota').description('Limit what a project may hold.')
  withConfig(
    quota
      .command('set <project>')
      .description('Limit a project. What is not said stays as it is; nothing that is there goes.'),
  )
    .option('--bytes <size>', 'of blobs, each counted once, and manifests: 10GiB, 500MB or "none"', parseSize)
    .option('--repositories <n>', 'a number or "none"', parseCount)
    .option('--tags <n>', 'a number or "none"', parseCount)
    .action(async (name: string, flags: SetFlags) => {
      await withManagement(await offlineOf(flags), async (m) => {
        const project = await projectNamed(m, name)
        const before = await findQuota(m.database.reader, project.id)
        const made = await setQuota(m, BY_OPERATOR, project, mergeLimits(flags, before?.limits))
        await printQuota(m, project, made)
      })
    })
  withConfig(quota.command('show <project>').description('Show what a project may hold, and what it does.')).action(
    async (name: string, flags: Flags) => {
      await withManagement(await offlineOf(flags), async (m) => {
        const project = await projectNamed(m, name)
        await printQuota(m, project, requireQuota(await findQuota(m.database.reader, project.id), project))
      })
    },
  )
  withConfig(quota.command('list').description('List the projects that have a quota.')).action(async (flags: Flags) => {
    const found = await withManagement(await offlineOf(flags), (m) => listQuotas(m.database.reader, '', 100_000))
    printTable(
      found.map(({ project, quota: each }) => [
        project.name,
        ...RESOURCES.map((resource) => `${resource} ${shareOf(each, resource)}`),
        isNearlyFull(each) ? 'nearly used up' : '',
      ]),
    )
  })
  withConfig(quota.command('remove <project>').description('Let a project hold any amount.')).action(
    async (name: string, flags: Flags) => {
      await withManagement(await offlineOf(flags), async (m) =>
        removeQuota(m, BY_OPERATOR, await projectNamed(m, name)),
      )
      print(`The project "${name}" has no quota any more.`)
    },
  )
}

function mergeLimits(flags: SetFlags, before: Limits | undefined): Limits {
  const merged = (resource: keyof Counts) => {
    const wanted = flags[resource] ?? before?.[resource]
    return wanted === 'none' ? undefined : wanted
  }
  return { bytes: merged('bytes'), repositories: merged('repositories'), tags: merged('tags') }
}

async function printQuota(m: Management, { id, name }: Pick<Project, 'id' | 'name'>, quota: Quota): Promise<void> {
  const { reader } = m.database
  const reserved = await reservedByOthers(reader, { project: id }, m.clock.now())
  printTable([
    ...RESOURCES.map((resource) => [resource, shareOf(quota, resource)]),
    ['in the recycle bin', formatByteSize(await countedInBin(reader, name))],
    ['reserved', formatByteSize(reserved)],
  ])
  if (isNearlyFull(quota)) print('Little is left: delete what is not needed, or raise a limit.')
}

function shareOf(quota: Quota, resource: keyof Counts): string {
  const show = resource === 'bytes' ? formatByteSize : String
  const limit = quota.limits[resource]
  const used = show(quota.used[resource])
  return limit === undefined ? used : `${used} of ${show(limit)} (${percentUsed(quota, resource)} %)`
}

function parseSize(text: string): Limit {
  const bytes = text === 'none' ? text : parseByteSize(text)
  if (bytes === undefined) throw new InvalidArgumentError('a size such as 10GiB or 500MB, or "none"')
  return bytes
}

function parseCount(text: string): Limit {
  if (text === 'none') return text
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('a number, or "none"')
}
