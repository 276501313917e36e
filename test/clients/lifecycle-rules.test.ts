import { beforeAll, describe, expect, test } from 'bun:test'
import { statfsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { parseByteSize } from '../../src/lib/byte-size.ts'
import { startRegistry } from '../support/registry.ts'
import { describeClient } from './support/clients.ts'
import { block, section, steps } from './support/guide.ts'
import { LIFECYCLE_PROGRAMS, useLifecycleWorld } from './support/lifecycle.ts'

const WEEK_MS = 7 * 86_400_000

describeClient('rules and quotas, by docs/lifecycle.md', LIFECYCLE_PROGRAMS, () => {
  const { folder, guide, build, works, refused } = useLifecycleWorld()
  const digestOf = (name: string) =>
    works(`skopeo inspect --format '{{.Digest}}' docker://registry.example.com/${name}`)

  describe('retention', () => {
    const blocks = section('Retention', 'lifecycle')

    beforeAll(async () => {
      for (const number of [1, 2, 3, 4, 5]) {
        const name = `registry.example.com/team/web:build-${number}`
        await build(guide.localised(name))
        await works(`docker push ${name}`)
      }
    }, 120_000)

    for (const step of steps(blocks)) test(`$ ${step.command}`, () => guide.follow(step))

    test('what went is gone, and the rest is there', async () => {
      const tags = await works('skopeo list-tags docker://registry.example.com/team/web | jq -c .Tags')
      expect(JSON.parse(tags)).toEqual(['build-4', 'build-5'])
      expect(await works('berth bin list --repository team/web')).toContain('retention rule 1')
    })

    test('a rule that is only looked at changes nothing', async () => {
      const seen = await works(`berth retention preview team --tags '*' --pushed-within 1s`)
      expect(seen).toContain('Would go: tags 2')
      expect(seen).toContain('team/web:build-5')
      await digestOf('team/web:build-5')
    })

    test.each([`'release-*'`, `'!release-*'`, `'regex:pr-\\d+'`, `'semver:<2.0.0'`])(
      'tags are selected by %s',
      async (selector) => {
        const keep = '--last-pulled 5 --pushed-within 30d --pulled-within 90d'
        expect(await works(`berth retention preview team --tags ${selector} ${keep}`)).toContain('Would go: tags 0')
      },
    )

    test('only `--untagged` is a rule too', async () => {
      await works('berth retention preview team --untagged 7d')
    })

    describe('a label', () => {
      beforeAll(async () => {
        await writeFile(folder.at('Dockerfile'), guide.localised(block(blocks, 'Dockerfile')))
        await writeFile(folder.at('.dockerignore'), '*\n')
      })
      for (const step of steps(blocks, 'label')) test(`$ ${step.command}`, () => guide.follow(step))

      test('of an image that podman built counts too', async () => {
        await works('podman build -t registry.example.com/team/web:pr-8 .')
        await works('podman push registry.example.com/team/web:pr-8')
        const said = await works('berth retention explain team/web:pr-8')
        const expires = Date.parse(/expires at (\S+) \(label\)/.exec(said)?.[1] ?? '')
        expect(Math.abs(expires - Date.now() - WEEK_MS)).toBeLessThan(300_000)
      })
    })
  })

  describe('immutable tags', () => {
    for (const step of steps(section('Tags that never move', 'lifecycle')))
      test(`$ ${step.command}`, () => guide.follow(step))

    test('the tag is what it was, whoever tries, and may be pushed again as it is', async () => {
      const before = await digestOf('team/app:1.0.0')
      const refusal = 'the tag 1.0.0 is immutable in the project team'
      const other = 'docker://registry.example.com/team/web:build-5'
      for (const command of [
        `skopeo copy ${other} docker://registry.example.com/team/app:1.0.0`,
        `podman pull registry.example.com/team/web:build-5 && podman push registry.example.com/team/web:build-5 registry.example.com/team/app:1.0.0`,
        'skopeo delete docker://registry.example.com/team/app:1.0.0',
        'berth promote team/web:build-5 team/app:1.0.0',
        'berth repository delete team/app',
      ])
        expect(await refused(command), command).toContain(refusal)
      expect(await digestOf('team/app:1.0.0')).toBe(before)
      expect(await works('berth retention expire team/app:1.0.0 2036-12-31')).toContain(
        'But it stays as long as it is immutable by rule 1',
      )
      await works('docker tag app:1 registry.example.com/team/app:1.0.0')
      await works('docker push registry.example.com/team/app:1.0.0')
      expect(await digestOf('team/app:1.0.0')).toBe(before)
    })
  })

  describe('quotas', () => {
    beforeAll(async () => {
      await build('big', 4_000_000)
      await works('docker save big | podman load')
    }, 60_000)

    for (const step of steps(section('Quotas and a full disk', 'lifecycle')))
      test(`$ ${step.command}`, () => guide.follow(step))

    test('a layer that the project has already takes no more of it, wherever it is', async () => {
      const used = async () => {
        const shown = /^bytes +(\S+ \S+)/m.exec(await works('berth quota show team'))?.[1]
        return parseByteSize(shown ?? '') ?? Number.NaN
      }
      const before = await used()
      await works('skopeo copy docker://registry.example.com/team/big:1 docker://registry.example.com/team/other:1')
      // Its manifest does; what is shown is rounded.
      expect((await used()) - before).toBeLessThan(30_000)
    })

    // No other disk is at hand than the one that is there, and none of it in use is not full.
    test.skipIf(usedPercent() < 2)('a full disk is said with its status, and pulls and deletes go on', async () => {
      await build('fresh')
      await works('docker save --output fresh.tar fresh')
      expect(await guide.registry.stop()).toBe(0)
      const full = await startRegistry({
        dataDir: folder.at('registry'),
        args: ['--config', folder.at('berth.yaml'), '--listen', guide.host],
        env: { BERTH_DISK__WARN_AT: '1', BERTH_DISK__REFUSE_AT: '1' },
      })
      try {
        const said = await refused('skopeo copy docker-archive:fresh.tar docker://registry.example.com/team/fresh:1')
        expect(said).toContain('507 Insufficient Storage')
        await works('podman pull registry.example.com/team/big:1')
        await works('skopeo delete docker://registry.example.com/team/other:1')
        expect(full.output()).toContain('the disk fills up')
      } finally {
        await full.close()
      }
    })
  })
})

function usedPercent(): number {
  const { blocks, bavail } = statfsSync(tmpdir())
  return 100 - (bavail * 100) / blocks
}
