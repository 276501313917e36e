import { expect, setDefaultTimeout, test } from 'bun:test'
import { check } from '../conformance/support/check.ts'
import { manifestPath } from '../conformance/support/manifests.ts'
import { startRegistry } from '../support/registry.ts'
import { berth } from './support/command.ts'
import { withDataFolder } from './support/data-folder.ts'
import { image, pushImage } from './support/images.ts'
import { PATIENCE_MS, registryAt } from './support/server.ts'

setDefaultTimeout(4 * PATIENCE_MS)

const NAME = 'team/app'
const [first, second] = [image('commands/first'), image('commands/second')]

test('history, roll-back, promotion and the recycle bin by command, beside the server', async () => {
  await withDataFolder(async ({ path }) => {
    const server = await startRegistry({ dataDir: path, args: ['--anonymous', 'push'] })
    const registry = registryAt(server.url)
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await berth([...args, '--data', path])
      expect([args, code, stderr]).toEqual([args, 0, ''])
      return stdout
    }
    const digestOf = async (tag: string, name = NAME) =>
      (await registry.send('HEAD', manifestPath(name, tag))).headers.get('docker-content-digest')
    try {
      for (const each of [first, second]) await pushImage({ registry, name: NAME }, each, 'v1')
      const history = await run('history', `${NAME}:v1`)
      expect(history.split('\n').slice(1, 3)).toEqual([
        expect.stringContaining(second.manifest.digest),
        expect.stringContaining(first.manifest.digest),
      ])
      await run('roll-back', `${NAME}:v1`, '--to', first.manifest.digest)
      expect(await digestOf('v1')).toBe(first.manifest.digest)
      await run('tag', 'set', NAME, 'stable', second.manifest.digest)
      expect(await run('tag', 'list', NAME)).toMatch(/^TAG .*\nstable .*\nv1 .*\n$/)
      await run('promote', `${NAME}:v1`, 'prod/app', 'prod/app:blessed')
      for (const tag of ['v1', 'blessed']) expect(await digestOf(tag, 'prod/app')).toBe(first.manifest.digest)
      await run('tag', 'delete', `${NAME}:stable`)
      expect(await digestOf('stable')).toBeNull()
      await run('bin', 'restore', `${NAME}:stable`)
      expect(await digestOf('stable')).toBe(second.manifest.digest)

      expect(await run('repository', 'delete', NAME)).toMatch(
        /Until \d{4}-.*Z it can be restored: berth bin restore 1\n/,
      )
      check(await registry.send('GET', manifestPath(NAME, 'v1')), { status: 404 })
      expect(await run('repository', 'list')).not.toContain(NAME)
      expect(await run('bin', 'list')).toContain(NAME)
      await run('bin', 'restore', '1', '--to', 'team/back')
      expect(await digestOf('v1', 'team/back')).toBe(first.manifest.digest)
      await run('repository', 'delete', 'team/back')
      await run('bin', 'empty', '--repository', 'team/back')
      expect(await run('bin', 'list')).not.toContain('team')
      const { code, stderr } = await berth(['bin', 'restore', '2', '--data', path])
      expect([code, stderr]).toEqual([1, expect.stringContaining('nothing of the deletion 2')])
    } finally {
      await server.close()
    }
  })
})

type Run = (...args: string[]) => ReturnType<typeof berth>
const byDigest = `${NAME}@${first.manifest.digest}`

async function expectPreviews(run: Run): Promise<void> {
  for (const [args, tags, manifests] of [
    [['repository', 'delete', NAME], 3, 2],
    [['image', 'delete', byDigest], 2, 1],
    [['tag', 'delete', `${NAME}:v3`], 1, 1],
    [['tag', 'delete', `${NAME}:v1`], 1, 0],
  ] as const) {
    const { code, stdout } = await run(...args, '--preview')
    expect([args, code]).toEqual([args, 0])
    expect(stdout).toMatch(new RegExp(`Would go: tags ${tags}, manifests ${manifests}\\. Freed: \\d.*\\.\n$`))
    expect([args, stdout.includes(`${NAME}:v3 `)]).toEqual([args, args[2] === `${NAME}:v3`])
  }
}

async function expectRefusals(run: Run): Promise<void> {
  for (const args of [
    ['repository', 'delete', 'team/none'],
    ['roll-back', 'team/none:v1', '--to', '2030-01-01'],
    ['bin', 'restore', 'team/none:v1'],
    ['repository', 'delete', 'team/none', '--preview'],
  ])
    expect([args, await run(...args)]).toEqual([
      args,
      { code: 1, stdout: '', stderr: expect.stringContaining('there is no repository "team/none"') },
    ])
  for (const args of [
    ['tag', 'delete', `${NAME}:none`, '--preview'],
    ['image', 'delete', `${NAME}@sha256:${'0'.repeat(64)}`, '--preview'],
  ])
    expect([args, (await run(...args)).code]).toEqual([args, 1])
}

test('an image is deleted by its digest with its tags, a tag by its name, and each command says which is which', async () => {
  await withDataFolder(async ({ path }) => {
    const server = await startRegistry({ dataDir: path, args: ['--anonymous', 'push'] })
    const registry = registryAt(server.url)
    const run = (...args: string[]) => berth([...args, '--data', path])
    try {
      for (const tag of ['v1', 'v2']) await pushImage({ registry, name: NAME }, first, tag)
      await pushImage({ registry, name: NAME }, second, 'v3')
      await expectPreviews(run)
      for (const tag of ['v1', 'v2', 'v3']) check(await registry.send('GET', manifestPath(NAME, tag)), { status: 200 })
      await expectRefusals(run)
      expect(await run('retention', 'expire', `${NAME}:v1`, '2100-01-01')).toMatchObject({ code: 0 })
      expect((await run('retention', 'explain', `${NAME}:v1`)).stdout).toContain(
        'It expires at 2100-01-01T00:00:00.000Z (set by hand).',
      )
      expect(await run('tag', 'delete', byDigest)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(`berth image delete ${byDigest}`),
      })
      expect(await run('image', 'delete', `${NAME}:v1`)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(`berth tag delete ${NAME}:v1`),
      })
      for (const tag of ['v1', 'v2']) check(await registry.send('GET', manifestPath(NAME, tag)), { status: 200 })
      expect(await run('image', 'delete', byDigest)).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/ was deleted\. Until \d{4}-.*Z it can be restored: berth bin restore 1\n$/),
      })
      for (const tag of ['v1', 'v2']) check(await registry.send('GET', manifestPath(NAME, tag)), { status: 404 })
      expect((await run('image', 'delete', byDigest)).code).toBe(1)
      expect(await run('bin', 'restore', '1')).toMatchObject({ code: 0 })
      for (const tag of ['v1', 'v2']) check(await registry.send('GET', manifestPath(NAME, tag)), { status: 200 })
    } finally {
      await server.close()
    }
  })
})

test('what keeps nothing says so', async () => {
  await withDataFolder(async ({ path }) => {
    const server = await startRegistry({ dataDir: path })
    const run = (...args: string[]) => berth([...args, '--data', path])
    try {
      expect(await run('project', 'add', 'team')).toMatchObject({ code: 0 })
      expect(await run('protect', 'team', 'cluster', `${NAME}:none`, '--for', '1h')).toEqual({
        code: 1,
        stdout: 'None of them was found: cluster keeps nothing in the project team.\n',
        stderr: `${NAME}:none is not in the project team\n`,
      })
      expect(await run('immutability', 'add', 'team', 'v*', '--repositories', '../x')).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('matches no name'),
      })
      expect(await run('immutability', 'list', 'team')).toMatchObject({ code: 0, stdout: '' })
    } finally {
      await server.close()
    }
  })
})
