import { expect, setDefaultTimeout, test } from 'bun:test'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { hasPostgres, ON_POSTGRES } from '../support/postgres.ts'
import { berth } from './support/command.ts'
import { image, pushImage } from './support/images.ts'
import { at, checkPulls, fsckIsClean, type Place, rowsOf, run, withPlaces } from './support/moving.ts'

setDefaultTimeout(300_000)

const NAME = 'team/app'

test.skipIf(!hasPostgres || ON_POSTGRES)(
  'a backup of PostgreSQL is one of SQLite: it is verified, and restored to either; a lost database is rebuilt',
  async () => {
    await withPlaces(async (places) => {
      const from: Place = { data: places.folder(), database: await places.database() }
      await run(from, ['user', 'add', 'ann'], 'correct horse battery\n')
      await run(from, ['project', 'add', 'team', '--public'])
      const server = await places.start({ ...from }, undefined)
      const images = new Map([
        ['a', image('backup/a', {}, 40_000)],
        ['b', image('backup/b', {}, 300)],
      ])
      await berth(['grant', 'add', 'team', 'user:ann', 'owner', ...at(from)])
      const ann = { Authorization: `Basic ${btoa('ann:correct horse battery')}` }
      const { registryAt } = await import('./support/server.ts')
      const signedIn = registryAt(server.running.url, ann)
      for (const [tag, pushed] of images) await pushImage({ registry: signedIn, name: NAME }, pushed, tag)

      const backup = places.folder()
      await run(from, ['backup', backup])
      expect((await berth(['backup', 'verify', backup])).code).toBe(0)
      expect((await readdir(backup)).filter((name) => /-(?:wal|shm|commits)$/.test(name))).toEqual([])
      expect(await server.running.stop()).toBe(0)
      const rows = await rowsOf(from)

      const file: Place = { data: places.folder() }
      const other: Place = { data: places.folder(), database: await places.database() }
      for (const place of [file, other]) {
        await run(place, ['restore', backup])
        const { audit, audit_inbox, job_state, counters, access_state, ...same } = await rowsOf(place)
        expect(same).toEqual(expect.objectContaining({ users: rows.users, tags: rows.tags, manifests: rows.manifests }))
        expect(same.blobs).toEqual(rows.blobs)
        await fsckIsClean(place)
        await run(place, ['audit', 'verify'])
        const restored = await places.start(place)
        await checkPulls(restored, NAME, images)
        expect(await restored.running.stop()).toBe(0)
      }
      const again = await berth(['restore', backup, ...at(other)])
      expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('in use') })

      // The log was written when the server stopped; a rebuild that dies is begun again.
      const anew: Place = { data: other.data, database: await places.database() }
      const killed = await berth(['rebuild', ...at(anew)], {
        env: { BERTH_TEST_FAILPOINTS: 'rebuild.before-database=kill' },
      })
      expect(killed.code).toBe(137)
      expect((await berth(['project', 'add', 'other', ...at(anew)])).code).toBe(1)
      expect(await run(anew, ['rebuild'])).toContain('2 manifests, 2 tags')
      expect(await run(anew, ['project', 'add', 'other'])).toContain('other')
      await checkPulls(await places.start(anew), NAME, images)
      expect(await readdir(join(anew.data))).not.toContain('berth.db')
    })
  },
)
