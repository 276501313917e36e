import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { appendFile, mkdir, mkdtemp, open, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check } from '../conformance/support/check.ts'
import * as m from '../conformance/support/manifests.ts'
import { startRegistry } from '../support/registry.ts'
import { addUser, berth } from './support/command.ts'
import { withDataFolder } from './support/data-folder.ts'
import { type Image, image, pushImage } from './support/images.ts'
import { PATIENCE_MS, basic, registryAt } from './support/server.ts'
import { rowsIn, ZEROS } from '../support/rows.ts'

setDefaultTimeout(PATIENCE_MS)

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe.concurrent('where others could reach it', () => {
  test.each(['0.0.0.0:0', '[::]:0', ':0', '192.0.2.1:0'])(
    '%s without TLS is refused, and says what to do',
    async (listen) => {
      const data = join(folder, 'refused')
      const { code, stdout, stderr } = await berth(['serve', '--listen', listen, '--data', data])
      expect([code, stdout]).toEqual([1, ''])
      for (const way of ['--tls-cert', '--insecure-http', '127.0.0.1']) expect(stderr).toContain(way)
      expect(stderr).not.toContain('    at ')
    },
  )

  test('with --insecure-http there is one administrator, whose password is shown once and works', async () => {
    await withDataFolder(async ({ path }) => {
      const args = ['--listen', '0.0.0.0:0', '--insecure-http']
      const server = await startRegistry({ dataDir: path, args })
      const url = server.url.replace('0.0.0.0', '127.0.0.1')
      const password = /sign in as "admin" with the password {2}(\S+)/.exec(server.output())?.[1] ?? ''
      expect(password.length).toBeGreaterThanOrEqual(20)
      const admin = registryAt(url, basic('admin', password))
      check(await registryAt(url).send('GET', '/v2/'), { status: 401 })
      check(await registryAt(url).send('GET', '/v2/e2e/x/tags/list'), { status: 401 })
      check(await admin.send('GET', '/v2/'), { status: 200 })
      await pushImage({ registry: admin, name: 'e2e/admin' }, image('admin'), 'v1')
      expect(server.output().split(password)).toHaveLength(2)
      expect(await server.stop('SIGTERM')).toBe(0)

      const again = await startRegistry({ dataDir: path, args })
      try {
        expect(again.output()).not.toContain('password')
        const same = registryAt(again.url.replace('0.0.0.0', '127.0.0.1'), basic('admin', password))
        check(await same.send('GET', m.manifestPath('e2e/admin', 'v1')), { status: 200 })
      } finally {
        await again.close()
      }
    })
  })

  test('with --anonymous pull reading is open, writing is not', async () => {
    const server = await startRegistry({ args: ['--listen', '0.0.0.0:0', '--insecure-http', '--anonymous', 'pull'] })
    try {
      const anybody = registryAt(server.url.replace('0.0.0.0', '127.0.0.1'))
      check(await anybody.send('GET', '/v2/e2e/x/tags/list'), { status: 404, error: 'NAME_UNKNOWN' })
      check(await anybody.send('POST', '/v2/e2e/x/blobs/uploads/'), { status: 401, error: 'UNAUTHORIZED' })
      check(await anybody.send('GET', '/v2/'), { status: 401 })
    } finally {
      await server.close()
    }
  })

  test('on loopback a banner says that everything is open', async () => {
    const server = await startRegistry()
    try {
      check(await registryAt(server.url).send('GET', '/v2/'), { status: 200 })
      expect(server.output()).toContain('without signing in')
      expect(server.output()).not.toContain('password')
    } finally {
      await server.close()
    }
  })
})

describe.concurrent('berth config', () => {
  async function config(verb: string, text: string, env: Readonly<Record<string, string>> = {}) {
    const path = join(await mkdtemp(join(folder, 'config-')), 'berth.yaml')
    await writeFile(path, text)
    return berth(['config', verb, '--config', path], { env })
  }

  test('check says that a good one is good, print gives one that can be used again', async () => {
    const text = 'listen: 127.0.0.1:5001\nuploads:\n  expireAfter: 2h\nlimits:\n  blobBytes: 1000\n'
    expect(await config('check', text)).toMatchObject({ code: 0, stderr: '' })
    const printed = await config('print', text)
    expect(printed).toMatchObject({ code: 0, stderr: '' })
    expect(printed.stdout).toContain('expireAfter: 2h')
    expect(await config('print', printed.stdout)).toEqual(printed)
  })

  test.each([
    ['an unknown key', 'listne: 1\n', ['listne']],
    ['an unknown key inside', 'limits:\n  blobSize: 1\n', ['limits.blobSize']],
    ['an unknown key deep inside', 'auth:\n  htpasswd:\n    path: x\n    file: y\n', ['auth.htpasswd.file']],
    [
      'several mistakes at once',
      'workers: 0\nlog:\n  level: loud\nuploads:\n  expireAfter: soon\n',
      ['workers', 'log.level', 'uploads.expireAfter'],
    ],
    ['a wrong type', 'limits:\n  manifestBytes: many\n', ['limits.manifestBytes']],
    ['a half pair', 'tls:\n  cert: x\n', ['tls.key']],
    ['a wrong address', 'listen: 127.0.0.1\n', ['listen']],
    ['__proto__', '__proto__:\n  listen: x\n', ['__proto__']],
    ['a list', '- a\n', ['berth.yaml']],
    ['no YAML', 'a: [\n', ['berth.yaml']],
    ['a key twice', 'data: a\ndata: b\n', ['berth.yaml']],
  ])('%s is refused with its exact path, and nothing starts', async (_, text, paths) => {
    for (const verb of ['check', 'print']) {
      const { code, stdout, stderr } = await config(verb, text)
      expect([code, stdout]).toEqual([1, ''])
      for (const path of paths) expect(stderr).toMatch(new RegExp(`(^|[\\s/])${path}:`, 'm'))
      expect(stderr).not.toContain('    at ')
    }
  })

  test('the environment wins over the file; a variable that is no key is named', async () => {
    const env = { BERTH_LIMITS__BLOB_BYTES: '77', BERTH_NO_SUCH_KEY: 'x' }
    const { code, stdout, stderr } = await config('print', 'limits:\n  blobBytes: 1000\n', env)
    expect([code, stdout.includes('blobBytes: 77')]).toEqual([0, true])
    expect(stderr).toContain('BERTH_NO_SUCH_KEY')
  })

  test('a file that is not there is an error', async () => {
    const { code, stderr } = await berth(['config', 'check', '--config', join(folder, 'absent.yaml')])
    expect([code, stderr.includes('absent.yaml')]).toEqual([1, true])
  })
})

describe.concurrent('berth fsck', () => {
  /** A layer large enough for a file of its own; the config lies in the database. */
  const pushed = image('fsck', {}, 100_000)

  async function withImage(work: (data: string, layerFile: string) => Promise<void>): Promise<void> {
    await withDataFolder(async (there) => {
      const server = await there.start()
      await pushImage({ registry: server, name: 'e2e/fsck' }, pushed, 'v1')
      expect(await server.running.stop('SIGTERM')).toBe(0)
      await work(there.path, await fileOf(there.path, pushed))
    })
  }

  async function fileOf(data: string, { layer }: Image): Promise<string> {
    const hex = layer.digest.slice('sha256:'.length)
    const dir = join(data, 'blobs', 'sha256', hex.slice(0, 2))
    const found = (await readdir(dir)).find((name) => name.startsWith(hex))
    return join(dir, found ?? '')
  }

  const fsck = (data: string, ...flags: string[]) => berth(['fsck', '--data', data, ...flags])

  test('finds nothing where all is well, also beside a running server', async () => {
    await withImage(async (data) => {
      const { code, stdout } = await fsck(data)
      expect([code, stdout]).toEqual([
        0,
        expect.stringMatching(/^2 blobs \(\d+ bytes\), 1 manifests, 1 tags checked; 0 errors\n$/),
      ])
      const server = await startRegistry({ dataDir: data })
      expect((await fsck(data)).code).toBe(0)
      check(await registryAt(server.url).send('GET', m.manifestPath('e2e/fsck', 'v1')), { status: 200 })
      await server.close()
    })
  })

  test('finds a flipped byte, which --quick cannot', async () => {
    await withImage(async (data, file) => {
      const handle = await open(file, 'r+')
      await handle.write(Buffer.from([(pushed.layer.bytes[100] ?? 0) ^ 1]), 0, 1, 100)
      await handle.close()
      const { code, stdout } = await fsck(data)
      expect([code, stdout]).toEqual([
        1,
        expect.stringContaining(`error: blob ${pushed.layer.digest}: its bytes have changed`),
      ])
      expect((await fsck(data, '--quick')).code).toBe(0)
    })
  })

  test('finds a changed byte of a small blob, which has no file', async () => {
    await withImage(async (data) => {
      const sql = `update small_blobs set content = ${ZEROS} where digest = ? returning 1`
      expect(await rowsIn(data, sql, [pushed.config.digest])).toHaveLength(1)
      const { code, stdout } = await fsck(data)
      expect([code, stdout]).toEqual([
        1,
        expect.stringContaining(`error: blob ${pushed.config.digest}: the bytes in its row have changed`),
      ])
    })
  })

  test.each([[[]], [['--quick']]])('finds a missing and a truncated file %j', async (flags) => {
    await withImage(async (data, file) => {
      await truncate(file, 200)
      const short = await fsck(data, ...flags)
      expect([short.code, short.stdout]).toEqual([
        1,
        expect.stringContaining(`error: blob ${pushed.layer.digest}: has 200 bytes instead of 100000`),
      ])
      await rm(file)
      const gone = await fsck(data, ...flags)
      expect([gone.code, gone.stdout]).toEqual([
        1,
        expect.stringContaining(`error: blob ${pushed.layer.digest}: its bytes are missing`),
      ])
    })
  })

  test('finds a longer file, and an orphan, which is no error', async () => {
    await withImage(async (data, file) => {
      await appendFile(file, 'x')
      expect((await fsck(data)).stdout).toContain('has 100001 bytes instead of 100000')
      await truncate(file, 100_000)
      const dir = join(data, 'blobs', 'sha256', 'ab')
      await mkdir(dir, { recursive: true })
      await writeFile(join(dir, 'abcdef.orphan'), 'left over')
      const { code, stdout } = await fsck(data)
      expect([code, stdout]).toEqual([
        0,
        expect.stringContaining('note: sha256/ab/abcdef.orphan: 9 bytes that no blob refers to'),
      ])
    })
  })

  test('a damaged blob is never served as if it were whole, and pushing it again mends it', async () => {
    await withImage(async (data, file) => {
      await truncate(file, 200)
      const server = await startRegistry({ dataDir: data })
      try {
        const registry = registryAt(server.url)
        const target = { registry, name: 'e2e/fsck' }
        const answer = await registry.send('GET', `/v2/e2e/fsck/blobs/${pushed.layer.digest}`)
        expect([500, 502, 404]).toContain(answer.status)
        await pushImage(target, pushed, 'v1')
        check(await registry.send('GET', `/v2/e2e/fsck/blobs/${pushed.layer.digest}`), {
          status: 200,
          body: pushed.layer.bytes,
        })
      } finally {
        await server.close()
      }
      expect((await fsck(data)).code).toBe(0)
    })
  })
})

describe('berth user', () => {
  test('adds, lists, changes and removes; mistakes are sentences', async () => {
    const data = join(folder, 'users')
    await addUser(data, 'zoe', 'password one')
    await addUser(data, 'abe', 'password two')
    expect((await berth(['user', 'list', '--data', data])).stdout).toBe('abe\nzoe (administrator)\n')
    for (const [args, input] of [
      [['add', 'zoe'], 'another one\n'],
      [['add', 'Not A Name'], 'a password\n'],
      [['add', 'short'], '1234567\n'],
      [['add', 'empty'], ''],
      [['password', 'nobody'], 'a password\n'],
      [['password', 'zoe'], '1234567\n'],
      [['remove', 'nobody'], ''],
      [['remove', 'zoe'], ''],
    ] as const) {
      const { code, stderr } = await berth(['user', ...args, '--data', data], { input })
      expect([args, code, /^berth: .+\n$/.test(stderr)]).toEqual([args, 1, true])
    }
    const changed = await berth(['user', 'password', 'zoe', '--data', data], { input: 'password new\n' })
    expect(changed.code).toBe(0)
    expect((await berth(['user', 'remove', 'abe', '--data', data])).code).toBe(0)
    const server = await startRegistry({ dataDir: data })
    try {
      const status = async (name: string, password: string) =>
        (await registryAt(server.url, basic(name, password)).send('GET', '/v2/')).status
      expect([
        await status('zoe', 'password new'),
        await status('zoe', 'password one'),
        await status('abe', 'password two'),
      ]).toEqual([200, 401, 401])
    } finally {
      await server.close()
    }
  })
})
