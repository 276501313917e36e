import { type Command, Option } from 'commander'
import { Problem } from '../lib/problem.ts'
import { splitImageReference } from '../registry/image-reference.ts'
import type { ImageSource } from '../registry/image-source.ts'
import { copyAll, type ListedCopy, tagsOf } from './copy-list.ts'
import {
  choosePlatform,
  type CopyFlags,
  hostPlatform,
  printTotals,
  tagsFor,
  untilStopped,
  withCopyOptions,
} from './copy-options.ts'
import { showCopies } from './copy-progress.ts'
import { offlineOf, withConfig } from './flags.ts'
import { withRegistry } from './offline.ts'
import { type FilePlace, localPlace, writeFilePlace, writing } from './open-place.ts'

interface ExportFlags extends CopyFlags {
  readonly to: string
  readonly format: 'oci' | 'docker'
  readonly nameHost?: string
}

export function addExportCommand(program: Command): void {
  const command = program
    .command('export <images...>')
    .description('Write images of this registry (NAME, NAME:TAG or NAME@DIGEST) to a file or a folder.')
  withCopyOptions(withConfig(command))
    .requiredOption('--to <path>', 'a file that is not there yet (.tar), or with format oci a folder')
    .addOption(
      new Option('--format <format>', 'an OCI image layout, or an archive for every "docker load"')
        .choices(['oci', 'docker'])
        .default('oci'),
    )
    .option('--name-host <host>', 'put this registry before the names, as docker shows them: registry.example')
    .action((images: string[], flags: ExportFlags) => untilStopped((signal) => exportImages(images, flags, signal)))
}

async function exportImages(images: readonly string[], flags: ExportFlags, signal: AbortSignal): Promise<void> {
  const { format, platform, concurrency } = flags
  if (format === 'docker' && (platform?.length ?? 0) > 1)
    throw new Problem('invalid', 'docker loads images of one platform; choose one, or the format oci')
  const platforms = platform ?? (format === 'docker' ? [hostPlatform()] : undefined)
  const bar = showCopies()
  await withRegistry(await offlineOf(flags), async (registry) => {
    const source = localPlace(registry)
    await writing(await writeFilePlace(placeOf(flags), flags.nameHost), async (target) => {
      const shared = {
        ...{ source, target, concurrency, signal },
        platforms: (platforms ?? []).length > 1 ? platforms : undefined,
        // Docker has no use for them.
        referrers: flags.referrers !== false && format === 'oci',
      }
      const totals = await copyAll(listed(source, images, platforms), { shared, lanes: 1, bar }).finally(bar.end)
      const [failure] = totals.failures
      if (failure !== undefined)
        throw new Problem('invalid', `nothing was exported: ${failure.label}: ${failure.reason}`)
      printTotals('Exported', totals)
    })
  })
}

function placeOf({ to: path, format }: ExportFlags): FilePlace {
  const rest = { path, name: '', reference: undefined }
  if (format === 'docker') return { kind: 'docker-archive', ...rest }
  return { kind: path.endsWith('.tar') ? 'oci-archive' : 'oci', ...rest }
}

async function* listed(
  source: ImageSource,
  images: readonly string[],
  platforms: readonly string[] | undefined,
): AsyncGenerator<ListedCopy> {
  for (const text of images) {
    const { name, reference: given } = splitImageReference(text)
    for await (const { tag: reference } of given === undefined ? tagsOf(source, name) : [{ tag: given }]) {
      const from = { name, reference: await choosePlatform(source, { name, reference }, platforms) }
      const label = `${name}${reference.includes(':') ? '@' : ':'}${reference}`
      yield { label, copy: { from, to: { name, tags: tagsFor(reference) } } }
    }
  }
}
