import type { Command } from 'commander'
import { OPERATOR } from '../lib/actor.ts'
import { formatByteSize } from '../lib/byte-size.ts'
import type { Holders } from '../metadata/blobs.ts'
import { scrubNow } from '../scrub/run.ts'
import { holdersOf, scrubStatus } from '../scrub/status.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { withRegistry } from './offline.ts'
import { print } from './output.ts'

export function addScrubCommands(program: Command): void {
  const scrub = program
    .command('scrub')
    .description('Whether stored bytes are what they were; a running server reads them all again and again.')
  withConfig(
    scrub.command('status').description('How far the server is, and what is damaged. Ends with 1 when anything is.'),
  ).action(async (flags: Flags) => {
    process.exitCode = (await withRegistry(await offlineOf(flags), printStatus)) ? 0 : 1
  })
  withConfig(
    scrub
      .command('run')
      .description(
        'Read all stored bytes now, also beside a running server. What is damaged is not served until it is pushed again. Ends with 1 when anything is, or could not be read.',
      ),
  ).action(async (flags: Flags) => {
    process.exitCode = (await withRegistry(await offlineOf(flags), run)) ? 0 : 1
  })
}

type Registry = Parameters<typeof scrubStatus>[0]

async function run(registry: Registry): Promise<boolean> {
  const problems = new Set<string>()
  const { blobs, bytes, damaged, away } = await scrubNow(registry, OPERATOR, async (step) => {
    if (step.type === 'away') problems.add(step.problem)
    else if (step.type === 'damaged')
      print(`damaged: ${step.blob.digest}: ${step.found}; ${remedy(await holdersOf(registry, step.blob))}`)
    else if (step.healed) print(`right again: ${step.blob.digest}`)
  })
  print(`${blobs} blobs (${formatByteSize(bytes)}) read, ${damaged} damaged`)
  if (away > 0) print(`${away} blobs were not read: ${[...problems].join('; ')}`)
  return damaged + away === 0
}

async function printStatus(registry: Registry): Promise<boolean> {
  const { pass, lastPass, damaged } = await scrubStatus(registry)
  if (pass !== undefined)
    print(`A pass began at ${timeOf(pass.startedAt)}: ${pass.blobs} blobs (${formatByteSize(pass.bytes)}) so far.`)
  if (lastPass === undefined) print('No pass has ended yet.')
  else
    print(
      `The last pass ended at ${timeOf(lastPass.endedAt)}: ${lastPass.blobs} blobs (${formatByteSize(lastPass.bytes)}), ${lastPass.damaged} damaged.`,
    )
  for (const { digest, sizeBytes, since, holders } of damaged)
    print(`damaged: ${digest}: ${formatByteSize(sizeBytes)}, since ${since.toISOString()}; ${remedy(holders)}`)
  if (damaged.length === 0) print('Nothing is known to be damaged.')
  return damaged.length === 0
}

function remedy({ names, others }: Holders): string {
  if (names.length === 0) return 'no repository has it, at most the recycle bin'
  return `in ${names.join(', ')}${others === 0 ? '' : ` and ${others} more`}: push the image again; it heals`
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}
