/** Where projects get from what they do not have: how that is said, by the API and by commands. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { type Person, World } from '../access/support/world.ts'
import { berth } from './support/command.ts'
import { withDataFolder } from './support/data-folder.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(4 * PATIENCE_MS)

describe('the API', () => {
  let world: World
  let admin: Person
  let project = ''
  let cases = 0

  beforeAll(async () => {
    world = await World.open()
    admin = await world.user('root-ann', { systemRole: 'administrator' })
    for (const name of ['one.test', 'two.test', 'three.test'])
      await done('POST', '/remotes', { name, url: `https://${name}` })
  })
  beforeEach(async () => {
    project = `cached${cases++}`
    await world.project(project)
  })
  afterEach(() => world.checkAudit())
  afterAll(async () => {
    expect(world?.errors()).toBe('')
    await world?.close()
  })

  async function done(method: string, path: string, body?: unknown) {
    const answer = await world.api(method, path, admin.basic, body)
    expect([answer.text, answer.status < 300]).toEqual([answer.text, true])
    return answer.text === '' ? undefined : JSON.parse(answer.text)
  }

  async function refused(status: number, method: string, path: string, body?: unknown): Promise<string> {
    const before = await world.query('select * from sources, namespaces')
    const answer = await world.api(method, path, admin.basic, body)
    expect([answer.text, answer.status]).toEqual([answer.text, status])
    expect(await world.query('select * from sources, namespaces')).toEqual(before)
    return answer.text
  }

  const add = (remote: string, more: object = {}) => done('POST', '/sources', { remote, project, ...more })

  async function order(): Promise<[string, number][]> {
    const { items } = await done('GET', '/sources')
    return items
      .filter((each: { project?: string }) => each.project === project)
      .map(({ remote, position }: { remote: string; position: number }) => [remote, position])
  }

  test('a source is what was said, and is asked from the next pull on', async () => {
    const made = await add('one.test')
    const defaults = { mode: 'cache', prefix: '', allow: [], freshSeconds: 60, negativeSeconds: 60, platforms: [] }
    expect(made).toMatchObject({ remote: 'one.test', project, position: 1, ...defaults })
    const change = { mode: 'fallback', allow: ['library/*'], freshSeconds: 0, platforms: ['linux/arm64'] }
    expect(await done('PATCH', `/sources/${made.id}`, change)).toEqual({ ...made, ...change })
    expect(await done('GET', `/sources/${made.id}`)).toEqual({ ...made, ...change })
    await done('DELETE', `/sources/${made.id}`)
    expect(await refused(404, 'GET', `/sources/${made.id}`)).toContain(`there is no source ${made.id}`)
  })

  test('they are asked in an order without gaps', async () => {
    for (const remote of ['one.test', 'two.test']) await add(remote)
    const last = await add('three.test', { position: 1 })
    expect(await order()).toEqual([
      ['three.test', 1],
      ['one.test', 2],
      ['two.test', 3],
    ])
    await done('PATCH', `/sources/${last.id}`, { position: 2 })
    expect(await order()).toEqual([
      ['one.test', 1],
      ['three.test', 2],
      ['two.test', 3],
    ])
    await done('PATCH', `/sources/${last.id}`, { position: 99 })
    const [first] = await world.query<{ id: number }>(
      `select sources.id from sources join projects on projects.id = project_id where name = '${project}' and position = 1`,
    )
    await done('DELETE', `/sources/${first?.id}`)
    expect(await order()).toEqual([
      ['two.test', 1],
      ['three.test', 2],
    ])
  })

  test('one remote may be two sources, by two prefixes, and not twice by one', async () => {
    const { id } = await add('one.test', { prefix: 'library' })
    await add('one.test', { prefix: 'other/' })
    const body = { remote: 'one.test', project, prefix: 'library/' }
    expect(await refused(409, 'POST', '/sources', body)).toContain(`source ${id} leads there already`)
  })

  test('what cannot be is said in a sentence, and changes nothing', async () => {
    const { id } = await add('one.test')
    const body = { remote: 'two.test', project }
    for (const [status, more, sentence] of [
      [404, { remote: 'four.test' }, 'there is no remote \\"four.test\\"; add it first: berth remote add'],
      [404, { project: 'nowhere' }, 'there is no project \\"nowhere\\"'],
      [400, { allow: ['Library/*'] }, 'the pattern \\"Library/*\\"'],
      [400, { prefix: 'Library/' }, 'the prefix \\"Library/\\"'],
      [400, { platforms: ['arm64'] }, '\\"arm64\\" is not a platform'],
      [400, { project: undefined, mode: 'cache' }, 'a source of the whole registry is a fallback'],
    ] as const)
      expect(await refused(status, 'POST', '/sources', { ...body, ...more })).toContain(sentence)
    for (const bad of [{ prefix: 'x/' }, { remote: 'two.test' }, { position: 0 }, { freshSeconds: -1 }])
      await refused(400, 'PATCH', `/sources/${id}`, bad)
  })

  test('a fallback of the whole registry', async () => {
    const made = await done('POST', '/sources', { remote: 'one.test' })
    expect([made.mode, made.project]).toEqual(['fallback', undefined])
    expect(await refused(400, 'PATCH', `/sources/${made.id}`, { mode: 'cache' })).toContain('is a fallback')
    await done('DELETE', `/sources/${made.id}`)
  })

  test('with a project its sources and namespaces go, and with a remote nothing does', async () => {
    await add('one.test')
    await done('PUT', '/namespaces/gone.test', { project })
    expect(await refused(409, 'DELETE', '/remotes/one.test')).toContain(project)
    await done('DELETE', `/projects/${project}`)
    expect(await order()).toEqual([])
    expect(await refused(404, 'GET', '/namespaces/gone.test')).toContain('there is no namespace')
  })

  test('one namespace is the default, and stays it when its project changes', async () => {
    expect(await done('PUT', '/namespaces/docker.io', { project })).toMatchObject({ default: false })
    await done('PUT', '/namespaces/docker.io', { project, default: true })
    await world.project(`${project}x`)
    const moved = { name: 'docker.io', project: `${project}x`, default: true }
    expect(await done('PUT', '/namespaces/docker.io', { project: moved.project })).toEqual(moved)
    await done('PUT', '/namespaces/quay.io', { project, default: true })
    expect(await done('GET', '/namespaces')).toEqual({
      items: [
        { ...moved, default: false },
        { name: 'quay.io', project, default: true },
      ],
    })
    expect(await refused(400, 'PUT', '/namespaces/quay', { project })).toContain('is no host')
    expect(await refused(404, 'PUT', '/namespaces/gcr.io', { project: 'nowhere' })).toContain('no project')
    for (const name of ['docker.io', 'quay.io']) await done('DELETE', `/namespaces/${name}`)
  })
})

describe('the commands', () => {
  test('a mirror is one command, and the same again makes nothing', async () => {
    await withDataFolder(async ({ path }) => {
      const run = async (...args: string[]) => {
        const { code, stdout, stderr } = await berth([...args, '--data', path])
        expect([args, code, stderr]).toEqual([args, 0, ''])
        return stdout
      }
      const fails = async (...args: string[]) => {
        const { code, stderr } = await berth([...args, '--data', path])
        expect([args, code]).toEqual([args, 1])
        return stderr
      }
      const made = await run('mirror', 'add', 'docker.io', '--project', 'hub', '--private', '--default')
      expect(made).toStartWith(
        'Made the remote docker.io: https://registry-1.docker.io.\nMade the private project hub.\nMade a source: hub gets from docker.io what it does not have.\n',
      )
      expect(await run('mirror', 'add', 'docker.io', '--project', 'hub')).not.toContain('Made')
      expect(await run('mirror', 'add', 'docker.io', '--project', 'hub', '--public')).toStartWith(
        'Made the project hub public.\n',
      )
      expect(await run('mirror', 'list')).toMatch(/^docker\.io +hub +public +docker\.io +default$/m)
      expect(await fails('mirror', 'add', 'registry.test')).toContain('berth remote add NAME URL')
      expect(await fails('mirror', 'add', 'registry.test:5000', '--remote', 'docker.io')).toContain(
        'say --project NAME',
      )
      expect(await fails('mirror', 'config')).toContain('say where clients reach this registry')
      // What is printed is a file as it is: its name is on the other stream where it could not be a comment.
      const json = await berth(['mirror', 'config', 'docker', '--url', 'https://berth.test', '--data', path])
      expect(JSON.parse(json.stdout)).toEqual({ 'registry-mirrors': ['https://berth.test'] })
      expect(json.stderr).toBe('# /etc/docker/daemon.json\n')
      const listed = await run('source', 'list')
      expect(listed).toMatch(/^1 +hub +1 +docker\.io +cache +- +1m +1m +all +-$/m)
      await run('mirror', 'remove', 'docker.io')
      expect(await fails('mirror', 'config', '--url', 'https://berth.test')).toContain('a mirror of nothing')
      expect(await run('source', 'list')).toBe(listed)
    })
  })

  test('a source is added, shown, changed and removed', async () => {
    await withDataFolder(async ({ path }) => {
      const run = (...args: string[]) => berth([...args, '--data', path])
      await run('project', 'add', 'hub')
      await run('remote', 'add', 'docker.io')
      const add = ['source', 'add', 'hub', 'docker.io']
      const flags = ['--allow', 'library/*', '--allow', 'grafana/**', '--fresh', '5m', '--negative', '0s']
      expect((await run(...add, ...flags)).stdout).toBe('Source 1: hub/NAME is library/NAME at docker.io.\n')
      const shown = (await run('source', 'show', '1')).stdout
      expect(shown).toMatch(/^allow +library\/\* grafana\/\*\*$/m)
      expect(shown).toMatch(/^fresh +5m$/m)
      const changed = (await run('source', 'set', '1', '--allow', '**', '--platform', 'linux/arm64')).stdout
      expect(changed).toMatch(/^allow +all$/m)
      expect(changed).toMatch(/^fresh +5m$/m)
      expect((await run('source', 'set', '1', '--platform', 'none', '--fallback')).stdout).toMatch(/^mode +fallback$/m)
      expect((await run('source', 'set', '1', '--no-fallback')).stdout).toMatch(/^mode +cache$/m)
      expect((await run('source', 'add', 'hub')).stderr).toContain('say a project and a remote, or --registry')
      expect((await run('source', 'add', '--registry', 'docker.io')).stdout).toStartWith('Source 2:')
      for (const number of ['1', '2']) expect((await run('source', 'remove', number)).code).toBe(0)
      expect((await run('source', 'list')).stdout).toBe('There are no sources.\n')
    })
  })
})
