import { Database } from 'bun:sqlite'
import { beforeAll, describe, expect, test } from 'bun:test'
import { readdir, writeFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { parseConfig } from '../../src/config/load.ts'
import { parseByteSize } from '../../src/lib/byte-size.ts'
import { describeClient } from './support/clients.ts'
import { run } from './support/command.ts'
import { allBlocks, block, inlineCommands, section, steps } from './support/guide.ts'
import { LIFECYCLE_PROGRAMS, useLifecycleWorld } from './support/lifecycle.ts'

const ROOT = new URL('../..', import.meta.url).pathname

describe('docs/lifecycle.md', () => {
  test('shows the defaults', () => {
    const shown = parse(block(section('What happens by itself', 'lifecycle'), 'berth.yaml')) as Record<string, unknown>
    expect(Object.keys(shown)).toEqual(['gc', 'recycleBin', 'history'])
    expect(parseConfig(shown)).toEqual(parseConfig({}))
    for (const [key, value] of Object.entries(shown))
      expect(Object.keys(value as object), key).toEqual(Object.keys(parseConfig({})[key as 'gc']))
  })

  test('every other configuration in it can be read', () => {
    for (const { language, text } of allBlocks('lifecycle')) if (language === 'yaml') expect(parse(text)).toBeObject()
  })

  test.each(inlineCommands('lifecycle'))('%s is a command, and has these flags', async (text) => {
    const words = text.split(' ').slice(1)
    const named = words.slice(0, 2).filter((word) => /^[a-z][a-z-]*$/.test(word))
    const { code, all } = await run([process.execPath, `${ROOT}src/main.ts`, ...named, '--help'])
    expect(code, all).toBe(0)
    expect(all).toStartWith(`Usage: berth ${named.join(' ')} `)
    for (const flag of words.filter((word) => word.startsWith('--'))) expect(all).toContain(flag)
  })
})

describeClient('undo and copies, by docs/lifecycle.md', LIFECYCLE_PROGRAMS, () => {
  // Nothing is collected but by a command.
  const world = useLifecycleWorld({ instead: () => ({ gc: { every: '1h', lease: '0s', trashDelay: '0s' } }) })
  const { folder, guide, works, refused } = world
  const IMAGE = 'registry.example.com/team/app:latest'
  const digests: string[] = []

  beforeAll(async () => {
    for (const app of ['app:1', 'app:2']) {
      await works(`docker tag ${app} ${IMAGE}`)
      const printed = await works(`docker push ${IMAGE}`)
      digests.push(/digest: (sha256:\w+)/.exec(printed)?.[1] ?? 'none')
    }
    expect(new Set(digests).size).toBe(2)
    backdate(folder.at('registry', 'berth.db'), ['2026-07-30T09:00:00.000Z', '2026-08-20T08:12:00.000Z'])
  }, 60_000)

  describe('collection', () => {
    for (const step of steps(section('What happens by itself', 'lifecycle')))
      test(`$ ${step.command}`, () => guide.follow(step))
  })

  describe('undo', () => {
    const undo = steps(section('Undo', 'lifecycle'))
    const back = undo.findIndex(({ command }) => command.startsWith('berth roll-back'))
    for (const step of undo.slice(0, back)) test(`$ ${step.command}`, () => guide.follow(step))

    test('every client gets what the tag named then, and what it names now', async () => {
      const digestOf = async (tag: string) => {
        const image = `registry.example.com/team/app:${tag}`
        const skopeo = await works(`skopeo inspect --format '{{.Digest}}' docker://${image}`)
        const docker = /^Digest: (\S+)$/m.exec(await works(`docker pull ${image}`))?.[1]
        await works(`podman pull ${image}`)
        const podman = await works(`podman image inspect --format '{{.Digest}}' ${image}`)
        return [skopeo, docker, podman]
      }
      const [first, second] = digests
      expect(await digestOf('latest.at-20260801')).toEqual([first, first, first])
      expect(await digestOf('latest.at-20260801T1200Z')).toEqual([first, first, first])
      expect(await digestOf('latest.at-20260820')).toEqual([second, second, second])
      expect(await digestOf('latest')).toEqual([second, second, second])
    })

    test('the tag that was deleted can be pulled by its digest, and as of a moment', async () => {
      await works('berth tag delete team/app:latest')
      await refused(`docker pull ${IMAGE}`)
      for (const image of [`team/app@${digests[1]}`, 'team/app:latest.at-20260821'])
        await works(`skopeo inspect docker://registry.example.com/${image}`)
      await works('berth bin restore team/app:latest')
    })

    for (const step of undo.slice(back)) test(`$ ${step.command}`, () => guide.follow(step))

    test('the tag is where it was before the first of August', async () => {
      expect(await works(`skopeo inspect --format '{{.Digest}}' docker://${IMAGE}`)).toBe(digests[0] ?? 'none')
    })

    test('a repository comes back under another name', async () => {
      await works(
        'skopeo copy docker://registry.example.com/team/app:latest docker://registry.example.com/team/twice:1',
      )
      await works('berth repository delete team/twice')
      await works(
        'skopeo copy docker://registry.example.com/team/app:latest docker://registry.example.com/team/twice:2',
      )
      expect(await refused('berth bin restore 3')).toContain('another name')
      await works('berth bin restore 3 --to team/twice-before')
      await works('skopeo inspect docker://registry.example.com/team/twice-before:1')
      await works('skopeo inspect docker://registry.example.com/team/twice:2')
    })
  })

  describe('copies', () => {
    for (const step of steps(section('Copy without moving bytes', 'lifecycle')))
      test(`$ ${step.command}`, () => guide.follow(step))
  })

  describe('what runs', () => {
    const blocks = section('What runs is not deleted', 'lifecycle')
    for (const step of steps(blocks)) test(`$ ${step.command}`, () => guide.follow(step))

    const REPORT = 'SECRET=$(cat cluster.secret) sh in-use.sh'
    const kubectl = async (text: string) => {
      await writeFile(folder.at('bin', 'kubectl'), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
    }

    test('is reported by the script of the cluster', async () => {
      const { stdout } = await guide.shell(
        `skopeo inspect --format '{{.Digest}}' docker://registry.example.com/team/prod:1.0`,
      )
      const image = (imageID: string) => ({ imageID })
      const pods = {
        items: [
          {
            status: { containerStatuses: [image(guide.localised(`registry.example.com/team/prod@${stdout.trim()}`))] },
          },
          { status: { containerStatuses: [image('docker.io/library/busybox@sha256:00')], initContainerStatuses: [] } },
          { status: {} },
        ],
      }
      await Bun.write(folder.at('pods.json'), JSON.stringify(pods))
      await kubectl(`[ "$*" = "get pods --all-namespaces -o json" ] && cat ${folder.at('pods.json')}`)
      await Bun.write(folder.at('in-use.sh'), guide.localised(block(blocks, 'in-use.sh')))
      const said = JSON.parse(await works(REPORT)) as Record<string, unknown>
      expect(said).toMatchObject({ holder: 'production', images: 1, missing: [] })
    })

    test('goes on being protected when the cluster does not answer the script', async () => {
      await kubectl('exit 1')
      await refused(REPORT)
      expect(await works('berth protect list team')).toStartWith('production  1 ')
    })

    for (const step of steps(blocks, 'use')) test(`$ ${step.command}`, () => guide.follow(step))
  })

  test('what is deleted leaves the quota, then the recycle bin, then the disk', async () => {
    const stored = async () => (await readdir(folder.at('registry', 'blobs', 'sha256'), { recursive: true })).join(' ')
    const used = async () => {
      const shown = /^bytes +(\S+ \S+)/m.exec(await works('berth quota show team'))?.[1]
      return parseByteSize(shown ?? '') ?? Number.NaN
    }
    const target = 'registry.example.com/team/gone:1'
    await works('berth quota set team --bytes 1GiB')
    const before = await used()
    await world.build('gone', 300_000)
    await works(`docker tag gone ${target}; docker push ${target}`)
    const raw = JSON.parse(await works(`skopeo inspect --raw docker://${target}`)) as { layers: { digest: string }[] }
    const own = raw.layers[1]?.digest.slice('sha256:'.length) ?? 'none'
    expect((await used()) - before).toBeGreaterThan(200_000)

    await works(`skopeo delete docker://${target}`)
    await works('berth gc run')
    // But for its manifest; what is shown is rounded.
    expect((await used()) - before).toBeLessThan(30_000)
    expect(await stored()).toContain(own)

    await works('berth bin empty --repository team/gone')
    await works('berth gc run')
    expect(await stored()).not.toContain(own)
    expect(await works('berth bin list --repository team/gone')).not.toContain('team/gone')
  })
})

/** As if the moves of the tag had happened at these times. */
function backdate(path: string, times: readonly string[]): void {
  const database = new Database(path)
  database.run('pragma busy_timeout = 10000')
  const moves = database.query<{ at: number }, []>(`select at from tag_events where tag = 'latest' order by at`).all()
  expect(moves).toHaveLength(times.length)
  for (const [index, { at }] of moves.entries())
    database.run(`update tag_events set at = ? where tag = 'latest' and at = ?`, [Date.parse(times[index] ?? ''), at])
  database.close()
}
