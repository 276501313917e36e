import { describe, expect, it } from 'bun:test'
import { TestClock } from '../../test/e2e/support/in-process.ts'
import { parseConfig } from '../config/load.ts'
import { createLog } from '../observability/log.ts'
import { isRepositoryName } from '../oci/name.ts'
import type { Guard } from '../registry/operation.ts'
import type { BlobStore, Room } from '../storage/blob-store.ts'
import { diskGuard } from './guard.ts'

const GIB = 1024 ** 3

/** The guard over a disk that is only said to be that full: nothing is stored. */
function openGuard(config: Readonly<Record<string, unknown>> = {}) {
  const disk: { room: Room | undefined; looks: number } = { room: used(10), looks: 0 }
  const clock = new TestClock()
  const lines: string[] = []
  const room: BlobStore['room'] = async () => {
    disk.looks++
    return disk.room
  }
  const guard = diskGuard({
    config: parseConfig({ listen: '127.0.0.1:0', data: 'nowhere', disk: config }),
    blobs: { room } as BlobStore,
    clock,
    log: createLog({ level: 'warn', now: () => clock.now(), write: (line) => void lines.push(line) }),
  })
  return { guard, disk, clock, lines }
}

function used(percent: number): Room {
  return { totalBytes: 100 * GIB, freeBytes: Math.round((100 - percent) * GIB) }
}

async function ask(guard: Guard, flowing = false): Promise<string> {
  const repository = 'team/app'
  if (!isRepositoryName(repository)) throw new Error(repository)
  return (guard.admitBytes?.({ uploadId: 'one', repository, totalBytes: 0, flowing }) ?? Promise.resolve()).then(
    () => 'admitted',
    (error: unknown) => (error instanceof Error && 'code' in error ? `${error.code}: ${error.message}` : String(error)),
  )
}

describe('the disk’s watermark', () => {
  it('admits below it, refuses from it on, and says so with the number', async () => {
    const { guard, disk, clock } = openGuard()
    disk.room = used(94.9)
    expect(await ask(guard)).toBe('admitted')
    clock.advance(1000)
    disk.room = used(95)
    expect(await ask(guard)).toStartWith('ENOSPC: ENOSPC: 95 % of the disk are in use')
    disk.room = used(100)
    expect(await ask(guard)).toStartWith('ENOSPC: ')
  })

  it('stops bytes that are flowing, within a second of the disk being full', async () => {
    const { guard, disk, clock } = openGuard({ refuseAt: 50 })
    expect(await ask(guard, true)).toBe('admitted')
    disk.room = used(60)
    expect(await ask(guard, true)).toBe('admitted')
    clock.advance(1000)
    expect(await ask(guard, true)).toStartWith('ENOSPC: ')
  })

  it('looks once a second while there is room, and admits as soon as there is room again', async () => {
    const { guard, disk, clock } = openGuard()
    for (let piece = 0; piece < 1000; piece++) expect(await ask(guard, true)).toBe('admitted')
    expect(disk.looks).toBe(1)
    clock.advance(1000)
    disk.room = used(99)
    expect(await ask(guard)).toStartWith('ENOSPC: ')
    disk.room = used(20)
    expect(await ask(guard)).toBe('admitted')
  })

  it('looks again when the clock was set back', async () => {
    const { guard, disk, clock } = openGuard()
    expect(await ask(guard)).toBe('admitted')
    clock.advance(-24 * 3_600_000)
    disk.room = used(99)
    expect(await ask(guard)).toStartWith('ENOSPC: ')
  })

  it('warns once an hour, from its first mark on', async () => {
    const { guard, disk, clock, lines } = openGuard()
    disk.room = used(89.9)
    await ask(guard)
    expect(lines).toEqual([])
    for (const percent of [90, 92, 97]) {
      clock.advance(1000)
      disk.room = used(percent)
      await ask(guard)
    }
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '{}')).toMatchObject({ level: 'warn', usedPercent: 90, refuseAt: 95 })
    clock.advance(60 * 60 * 1000)
    await ask(guard)
    expect(lines).toHaveLength(2)
  })

  it('has none where nobody knows how much room there is', async () => {
    const { guard, disk } = openGuard()
    disk.room = undefined
    expect(await ask(guard)).toBe('admitted')
  })
})
