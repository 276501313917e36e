import { describe, expect, it } from 'bun:test'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { openImageArchive, openLayoutFolder } from '../../src/image-files/open-images.ts'
import { writeImageArchive, writeLayoutFolder } from '../../src/image-files/write-images.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { copyImage } from '../../src/registry/copy-image.ts'
import { type Described, ImageGraph } from '../support/image-graph.ts'
import { openRegistryData, type RegistryData } from '../support/registry-data.ts'
import { runs, SEED } from './parameters.ts'

/** Each step adds one thing to what is there; numbers choose among it. */
const steps = fc.array(
  fc.oneof(
    fc.record({ make: fc.constant('image' as const), layers: fc.array(fc.nat(5), { maxLength: 4 }) }),
    fc.record({ make: fc.constant('index' as const), of: fc.array(fc.nat(20), { minLength: 1, maxLength: 4 }) }),
    fc.record({
      make: fc.constant('referrer' as const),
      about: fc.nat(20),
      layers: fc.array(fc.nat(5), { maxLength: 2 }),
    }),
    fc.record({
      make: fc.constant('cosign' as const),
      about: fc.nat(20),
      suffix: fc.constantFrom('sig', 'att', 'sbom'),
    }),
  ),
  { minLength: 1, maxLength: 12 },
)
type Steps = typeof steps extends fc.Arbitrary<infer T> ? T : never

function build(list: Steps): ImageGraph {
  const graph = new ImageGraph()
  const layers = [0, 1, 2, 3, 4, 5].map((n) => graph.blob(`${n}`.repeat(n * 7000)))
  const made: Described[] = [graph.image('first', layers.slice(0, 2))]
  const pick = (n: number): Described => made[n % made.length] as Described
  const some = (numbers: readonly number[]) => numbers.map((n) => layers[n] as Described)
  for (const [at, step] of list.entries()) {
    if (step.make === 'image') made.push(graph.image(`image ${at}`, some(step.layers)))
    else if (step.make === 'index')
      made.push(graph.index([...new Set(step.of.map(pick))].filter((child) => depthOf(graph, child) < 6)))
    else if (step.make === 'referrer')
      made.push(
        graph.image(`about ${at}`, some(step.layers), { subject: bare(pick(step.about)), artifactType: 'test/x' }),
      )
    else graph.tag(`${pick(step.about).digest.replace(':', '-')}.${step.suffix}`, graph.image(`signature ${at}`, []))
  }
  // What is about something has no name of its own.
  const referrers = new Set([...graph.referrers.values()].flat().map(({ digest }) => digest))
  for (const [at, root] of made.entries()) if (at % 2 === 0 && !referrers.has(root.digest)) graph.tag(`v${at}`, root)
  return graph
}

function bare({ mediaType, digest, size }: Described): Described {
  return { mediaType, digest, size }
}

function depthOf(graph: ImageGraph, { digest }: Described): number {
  const body = JSON.parse(new TextDecoder().decode(graph.contents.get(digest))) as { manifests?: Described[] }
  return 1 + Math.max(0, ...(body.manifests ?? []).map((child) => depthOf(graph, child)))
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-copy-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function contentsOf(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const name of await readdir(join(folder, 'blobs', 'sha256')))
    found.set(`sha256:${name}`, await readFile(join(folder, 'blobs', 'sha256', name), 'latin1'))
  return found
}

interface Case {
  readonly graph: ImageGraph
  readonly referrers: boolean
  readonly folder: string
}

async function thereAndBack({ graph, referrers, folder }: Case, data: RegistryData): Promise<void> {
  graph.writeLayout(join(folder, 'from'))
  const source = await openLayoutFolder(join(folder, 'from'))
  const { target, finish } = await writeLayoutFolder(join(folder, 'to'), { clock: systemClock })
  for (const [tag, root] of graph.tags) {
    const to = { name: 'team/app', tags: [tag] }
    const there = { from: { name: '', reference: tag }, to, source, target: data.images, referrers }
    expect((await copyImage(there)).digest as string).toBe(root.digest)
    const from = { name: 'team/app', reference: tag }
    await copyImage({ from, to: { name: '', tags: [tag] }, source: data.images, target, referrers })
    expect(await copyImage(there)).toMatchObject({ manifests: 0, blobs: 0, bytes: 0 })
  }
  await finish()
  const copied = await contentsOf(join(folder, 'to'))
  const expected = [...graph.tags.values()].flatMap(({ digest }) => [...graph.reachable(digest, referrers)])
  expect([...copied.keys()].sort()).toEqual([...new Set(expected)].sort())
  for (const [digest, text] of copied) expect(text).toBe(textOf(graph, digest, 'latin1'))
  const back = await openLayoutFolder(join(folder, 'to'))
  for (const [tag, { digest }] of graph.tags) expect((await back.resolve('', tag))?.digest as string).toBe(digest)
}

function textOf(graph: ImageGraph, digest: string, encoding: 'latin1' | 'utf8'): string {
  return Buffer.from(graph.contents.get(digest) ?? []).toString(encoding)
}

describe(`images copied from a layout to a registry to a layout (BERTH_TEST_SEED=${SEED})`, () => {
  it('are the same, and nothing else comes along', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (list, referrers) => {
        const graph = build(list)
        await inFolder(async (folder) => {
          const data = await openRegistryData()
          await thereAndBack({ graph, referrers, folder }, data).finally(data.close)
        })
      }),
      runs(25),
    )
  })

  it('are the same through an archive', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const graph = build(list)
        await inFolder(async (folder) => {
          graph.writeLayout(join(folder, 'from'))
          const source = await openLayoutFolder(join(folder, 'from'))
          const written = await writeImageArchive(join(folder, 'images.tar'), { clock: systemClock }, 'oci')
          for (const tag of graph.tags.keys())
            await copyImage({
              from: { name: '', reference: tag },
              to: { name: 'app', tags: [tag] },
              source,
              target: written.target,
              referrers: true,
            })
          await written.finish()
          const back = await openImageArchive(join(folder, 'images.tar'))
          for (const [tag, { digest }] of graph.tags) {
            expect((await back.resolve('app', tag))?.digest as string).toBe(digest)
            for (const each of graph.reachable(digest, true)) {
              const found = await back.blob('app', each as never)
              expect(await new Response(found?.body).text()).toBe(textOf(graph, each, 'utf8'))
            }
          }
          await back.close()
        })
      }),
      runs(15),
    )
  })
})
