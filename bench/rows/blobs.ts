import { createHash, randomUUID } from 'node:crypto'
import type { Contestant } from '../support/contestants.ts'
import { type BlobFile, draws, MIB, REPOSITORY } from '../support/data-set.ts'
import type { Lab } from '../support/lab.ts'
import { requestRow } from '../support/requests.ts'
import type { Figure, Result } from '../support/result.ts'
import { verifyBody } from '../support/seed.ts'

const ALL: readonly Contestant[] = ['berth', 'peer', 'distribution', 'zot', 'nginx']

const pathFor = (who: Contestant, blob: BlobFile) => (who === 'nginx' ? blob.staticPath : blob.registryPath)

/** Row 4: does a layer exist? Asked for every layer of every push. */
export async function blobHead(lab: Lab): Promise<void> {
  const drawn = draws(lab.data.kibibyte, 0.9)
  const common = { row: 4, connections: 32, method: 'HEAD', unit: 'req/s' } as const
  await requestRow(lab, {
    ...common,
    id: 'blob-head',
    what: `blob HEAD, hit, ${lab.data.kibibyte.length} digests, Zipf 0.9, c=32`,
    contestants: ALL,
    requests: (who) => drawn.map((blob) => pathFor(who, blob)),
  })
  if (lab.options.quick) return
  const absent = Array.from({ length: 10_000 }, () => {
    const digest = createHash('sha256').update(randomUUID()).digest('hex')
    return `/v2/${REPOSITORY}/blobs/sha256:${digest}`
  })
  await requestRow(lab, {
    ...common,
    id: 'blob-head-miss',
    what: 'blob HEAD, miss, c=32',
    contestants: ['berth', 'peer'],
    requests: () => absent,
    status: 404,
  })
}

/** Row 5: configs and small layers, about half of all layers pulled. */
export async function smallBlobs(lab: Lab): Promise<void> {
  const { data } = lab
  for (const [label, blobs] of [
    ['1 KiB', data.kibibyte],
    ['64 KiB', data.sixtyFour],
  ] as const) {
    await verify(lab, 5, blobs.slice(0, 20))
    for (const alpha of lab.options.quick ? [0.9] : [0, 0.9]) {
      const drawn = draws(blobs, alpha)
      await requestRow(lab, {
        row: 5,
        id: `blob-get-${label}-${alpha}`,
        what: `blob GET ${label}, ${blobs.length} blobs, ${alpha === 0 ? 'even' : `Zipf ${alpha}`}, c=32`,
        contestants: alpha === 0 ? ['berth', 'peer', 'nginx'] : ALL,
        connections: 32,
        requests: (who) => drawn.map((blob) => pathFor(who, blob)),
        unit: 'req/s',
      })
    }
  }
}

/** Row 6: where the kernel should do the copying. */
export async function bigBlobs(lab: Lab): Promise<void> {
  await verify(lab, 6, lab.data.big)
  for (const blob of lab.data.big) {
    for (const connections of lab.options.quick ? [4] : [4, 1, 32]) {
      const result = await requestRow(lab, {
        row: 6,
        id: `blob-get-${blob.label}-${connections}`,
        what: `blob GET ${blob.label}, c=${connections}`,
        contestants: connections === 4 && blob.size !== 10 * MIB ? ALL : ['berth', 'peer', 'nginx'],
        connections,
        requests: (who) => [pathFor(who, blob)],
        unit: 'MB/s',
      })
      if (result !== undefined) lab.add(bothEnds(result))
    }
  }
}

/**
 * What the machine pays for a transfer. Of TCP on one machine, which end's time the kernel spends on sending is chance:
 * what waits in a socket's buffer is sent in the receiver's time, when that acknowledges what came before.
 */
function bothEnds(result: Result): Result {
  const sums = ([side, figures]: [string, readonly Figure[]]) => [
    side,
    figures.map(({ cpu = Number.NaN, loadCpu = Number.NaN }) => ({ value: cpu + loadCpu })),
  ]
  return {
    row: result.row,
    id: `both-ends-${result.id}`,
    what: `${result.what}: CPU of server and client`,
    unit: 's/GiB',
    figures: Object.fromEntries(Object.entries(result.figures).map(sums)),
  }
}

/** Row 7: one big layer in pieces, as containerd and the lazy pullers fetch it. */
export async function ranges(lab: Lab): Promise<void> {
  const blob = lab.data.big.at(-1)
  if (blob === undefined) return
  for (const pieceSize of lab.options.quick ? [8 * MIB] : [4 * MIB, 8 * MIB]) {
    const pieces: string[] = []
    for (let start = 0; start + pieceSize <= blob.size; start += pieceSize) {
      pieces.push(`bytes=${start}-${start + pieceSize - 1}`)
    }
    await requestRow(lab, {
      row: 7,
      id: `range-${pieceSize / MIB}`,
      what: `Range ${pieceSize / MIB} MiB of ${blob.label}, 16 in flight`,
      contestants: ['berth', 'peer', 'nginx'],
      connections: 16,
      requests: (who) => pieces.map((piece) => `${pathFor(who, blob)}\t${piece}`),
      unit: 'MB/s',
    })
  }
}

async function verify(lab: Lab, row: number, blobs: readonly BlobFile[]): Promise<void> {
  for (const who of lab.present(row, ALL)) {
    const { url } = await lab.server(who)
    for (const blob of blobs) await verifyBody(`${url}${pathFor(who, blob)}`, blob.digest)
  }
}
