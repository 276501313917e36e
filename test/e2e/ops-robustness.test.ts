import { afterAll, expect, setDefaultTimeout, test } from 'bun:test'
import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningRegistry, startRegistry } from '../support/registry.ts'

setDefaultTimeout(30_000)

const ROOT = new URL('../..', import.meta.url).pathname
const folders: string[] = []

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'berth-robust-'))
  folders.push(made)
  return made
}

afterAll(async () => {
  for (const made of folders) await rm(made, { recursive: true, force: true })
})

async function berth(...args: string[]): Promise<{ code: number; error: string }> {
  const child = Bun.spawn([process.execPath, 'src/main.ts', ...args], { cwd: ROOT, stdout: 'pipe', stderr: 'pipe' })
  const error = await child.stderr.text()
  return { code: await child.exited, error }
}

async function withServer<T>(args: string[], use: (server: RunningRegistry) => Promise<T>): Promise<T> {
  const server = await startRegistry({ args })
  try {
    return await use(server)
  } finally {
    await server.close()
  }
}

test('keys and password hashes are for their owner only, also in a folder that others may read', async () => {
  const dataDir = await folder()
  await chmod(dataDir, 0o755)
  const server = await startRegistry({ dataDir })
  expect((await fetch(`${server.url}/token`)).status).toBe(200)
  for (const name of (await readdir(dataDir)).filter((entry) => entry.startsWith('berth.')))
    expect({ name, mode: (await stat(join(dataDir, name))).mode & 0o077 }).toEqual({ name, mode: 0 })
  await server.close()
})

test.each(['fsck', 'user list'])('berth %s refuses a folder without a registry, and makes none', async (command) => {
  const missing = join(await folder(), 'typo')
  const { code, error } = await berth(...command.split(' '), '--data', missing)
  expect(code).toBe(1)
  expect(error).toContain('there is no registry')
  expect(await readdir(join(missing, '..'))).toEqual([])
})

test('workers on a port that is taken end the start with a reason', () =>
  withServer([], async ({ host }) => {
    const { code, error } = await berth('serve', '--listen', host, '--workers', '2', '--data', await folder())
    expect(code).toBe(1)
    expect(error).toContain('in use')
  }))

test('config check refuses what serve would refuse', async () => {
  expect((await berth('config', 'check', '--listen', '0.0.0.0:5000')).error).toContain('can be reached')
  expect((await berth('config', 'check', '--tls-cert', '/no/cert', '--tls-key', '/no/key')).code).toBe(1)
})

test('behind an external address everybody must sign in, and nobody is local', () =>
  withServer(['--external-url', 'https://registry.example.com'], async (server) => {
    expect((await fetch(`${server.url}/v2/a/blobs/uploads/`, { method: 'POST' })).status).toBe(401)
    expect((await fetch(`${server.url}/metrics`)).status).toBe(401)
    expect(server.output()).toContain('sign in as "admin"')
  }))

test('a signal to all processes at once drains: what runs is finished', () =>
  withServer(['--workers', '2'], async (server) => {
    const bytes = crypto.getRandomValues(new Uint8Array(65_536))
    const digest = `sha256:${new Bun.CryptoHasher('sha256').update(bytes).digest('hex')}`
    let signalled = false
    const slowly = new ReadableStream<Uint8Array>({
      async pull(controller) {
        controller.enqueue(bytes.slice(0, 1))
        await Bun.sleep(300)
        for (const pid of [server.pid, ...childrenOf(server.pid)]) process.kill(pid, 'SIGINT')
        signalled = true
        await Bun.sleep(300)
        controller.enqueue(bytes.slice(1))
        controller.close()
      },
    })
    const url = `${server.url}/v2/robust/blobs/uploads/?digest=${digest}`
    expect((await fetch(url, { method: 'POST', body: slowly })).status).toBe(201)
    expect(signalled).toBe(true)
  }))

function childrenOf(pid: number): number[] {
  const { stdout } = Bun.spawnSync(['pgrep', '-P', String(pid)])
  return stdout.toString().split('\n').filter(Boolean).map(Number)
}

test('a worker that dies while it waits for the others’ metrics does not end the service', () =>
  withServer(['--workers', '2'], async (server) => {
    const [first = 0, second = 0] = childrenOf(server.pid)
    process.kill(first, 'SIGSTOP')
    const scrapes = Array.from({ length: 6 }, () => fetch(`${server.url}/metrics`).catch(() => undefined))
    await Bun.sleep(300)
    process.kill(second, 'SIGKILL')
    process.kill(first, 'SIGKILL')
    await Promise.all(scrapes)
    const deadline = performance.now() + 10_000
    let status = 0
    while (status !== 200 && performance.now() < deadline) {
      await Bun.sleep(50)
      status = await fetch(`${server.url}/v2/`).then(
        (answer) => answer.status,
        () => 0,
      )
    }
    expect(status).toBe(200)
  }))
