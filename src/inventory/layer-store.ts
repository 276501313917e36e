import type { Executor, Transaction } from '../metadata/db.ts'
import { prepare } from '../metadata/prepared.ts'
import type { Digest } from '../oci/digest.ts'
import type { LooseEnds } from './store.ts'
import { compressText, decompressText } from './codec.ts'
import { type FactsRow, factsIn, factsRow } from './entry-facts.ts'
import { ANALYZER_VERSION, type LayerFile, type LayerInventory, type LayerState } from './layer-inventory.ts'

/** An inventory as its row holds it. What it costs to make is paid outside of any transaction. */
export interface PackedLayer {
  readonly digest: Digest
  readonly state: LayerState
  readonly content: Uint8Array<ArrayBuffer>
  readonly files: Uint8Array<ArrayBuffer>
}

const found = prepare<{ digest: Digest; analyzer: number }, { content: Uint8Array; files: Uint8Array }>(
  (db, parameter) =>
    db
      .selectFrom('layer_inventories')
      .select(['content', 'files'])
      .where('digest', '=', parameter('digest'))
      .where('analyzer', '=', parameter('analyzer')),
)

const known = prepare<{ digest: Digest; analyzer: number }, { state: string }>((db, parameter) =>
  db
    .selectFrom('layer_inventories')
    .select('state')
    .where('digest', '=', parameter('digest'))
    .where('analyzer', '=', parameter('analyzer')),
)

/** By the analyzers of today; undefined: it has to be read. */
export async function findLayer(executor: Executor, digest: Digest): Promise<LayerInventory | undefined> {
  const [row] = await found(executor, { digest, analyzer: ANALYZER_VERSION })
  return (
    row && {
      ...(JSON.parse(decompressText(row.content)) as Omit<LayerInventory, 'files'>),
      files: unpackFiles(row.files),
    }
  )
}

/** Whether it was read so that reading it again would find no more. */
export async function isLayerKnown(executor: Executor, digest: Digest): Promise<boolean> {
  const [row] = await known(executor, { digest, analyzer: ANALYZER_VERSION })
  return row !== undefined && row.state !== 'failed'
}

export function packLayer(digest: Digest, { files, ...content }: LayerInventory): PackedLayer {
  return { digest, state: content.state, content: compressText(JSON.stringify(content)), files: packFiles(files) }
}

export async function saveLayer(
  tx: Transaction,
  { digest, state, content, files }: PackedLayer,
  now: Date,
): Promise<void> {
  const row = { analyzer: ANALYZER_VERSION, state, content, files, analyzed_at: now.getTime() }
  await tx.db
    .insertInto('layer_inventories')
    .values({ digest, ...row })
    .onConflict((conflict) => conflict.column('digest').doUpdateSet(row))
    .execute()
}

/** One array a file: a third of the bytes that objects take. */
type FileRow = [
  path: string,
  kind: LayerFile['kind'],
  sizeBytes: number,
  mode: number,
  content: string,
  facts: FactsRow,
]

function packFiles(files: readonly LayerFile[]): Uint8Array<ArrayBuffer> {
  const rows = files.map((file): FileRow => [
    file.path,
    file.kind,
    file.sizeBytes,
    file.mode,
    file.content,
    factsRow(file),
  ])
  return compressText(JSON.stringify(rows))
}

function unpackFiles(bytes: Uint8Array): LayerFile[] {
  const rows = JSON.parse(decompressText(bytes)) as FileRow[]
  return rows.map(([path, kind, sizeBytes, mode, content, facts]) => ({
    ...{ path, kind, sizeBytes, mode, content },
    ...factsIn(facts),
  }))
}

/** Of a page by digest, those that no repository has any more. */
export async function findGoneLayers(executor: Executor, after: string, limit: number): Promise<LooseEnds<string>> {
  const rows = await executor.db
    .selectFrom('layer_inventories')
    .leftJoin('blobs', 'blobs.digest', 'layer_inventories.digest')
    .select(['layer_inventories.digest as digest', 'blobs.digest as blob'])
    .where('layer_inventories.digest', '>', after as Digest)
    .orderBy('layer_inventories.digest')
    .limit(limit)
    .execute()
  return { gone: rows.filter(({ blob }) => blob === null).map(({ digest }) => digest), last: rows.at(-1)?.digest }
}

export async function removeLayers(tx: Transaction, digests: readonly string[]): Promise<void> {
  await tx.db
    .deleteFrom('layer_inventories')
    .where('digest', 'in', digests as Digest[])
    .execute()
}
