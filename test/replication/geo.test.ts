import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openRemoteRegistry } from '../../src/client/remote-registry.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { berth } from '../e2e/support/command.ts'
import { type RunningRegistry, startRegistry } from '../support/registry.ts'
import { type Place, put, testImage } from './support/pair.ts'

setDefaultTimeout(180_000)

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

interface Site {
  readonly letter: string
  readonly server: RunningRegistry
  readonly secret: string
  readonly as: (username: string, password: string) => Place
}

/** The commands of a block of docs/replication.md that has this in it, one a line. */
async function commandsOf(part: string): Promise<string[]> {
  const page = await readFile('docs/replication.md', 'utf8')
  const block = [...page.matchAll(/```sh\n([\s\S]*?)```/g)]
    .map(([, text = '']) => text)
    .find((text) => text.includes(part))
  return (block ?? '').trim().split('\n')
}

/** As a shell would: words, with those in quotes whole. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
}

async function run(dataDir: string, command: string): Promise<string> {
  const [, ...words] = wordsOf(command)
  const { code, stdout, stderr } = await berth([...words, '--data', dataDir])
  if (code !== 0) throw new Error(`${command}: ${stderr}`)
  return stdout
}

/** What the guide says for one site, for the other. */
function exchanged(command: string): string {
  const swap = (text: string) => (text === 'a' ? 'b' : 'a')
  return command
    .replaceAll(/\b(geo|to)-([ab])\b/g, (_, word: string, letter: string) => `${word}-${swap(letter)}`)
    .replaceAll(/(--push|add) ([ab])\b/g, (_, word: string, letter: string) => `${word} ${swap(letter)}`)
}

async function openSite(letter: string, other: string): Promise<Site> {
  const dataDir = await mkdtemp(join(tmpdir(), 'berth-geo-'))
  closing.push(() => rm(dataDir, { recursive: true, force: true }))
  const server = await startRegistry({ dataDir })
  closing.push(server.close)
  await berth(['user', 'add', 'alice', '--role', 'administrator', '--data', dataDir], {
    input: 'correct horse battery\n',
  })
  let secret = ''
  for (const command of await commandsOf('berth robot add')) {
    const printed = await run(dataDir, other === 'b' ? command : exchanged(command))
    if (command.startsWith('berth robot')) secret = printed.trim()
  }
  const as = (username: string, password: string) =>
    openRemoteRegistry({
      ...{ url: server.url, credentials: { username, password }, allowPrivate: true, insecureHttp: true },
      ...{ trustedHosts: [], maxConcurrent: 4, clock: systemClock },
    })
  return { letter, server, secret, as }
}

async function connect(site: Site, other: Site): Promise<void> {
  const file = join(site.server.dataDir, 'password')
  await writeFile(file, other.secret, { mode: 0o600 })
  for (const command of await commandsOf('create to-b')) {
    const ours = (site.letter === 'a' ? command : exchanged(command))
      .replace(/https:\/\/[ab]\.example/, `${other.server.url} --allow-private`)
      .replace(/\/etc\/berth\/geo-[ab]/, file)
    await run(site.server.dataDir, ours)
  }
}

async function until(what: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000
  while (!(await what())) {
    if (Date.now() > end) throw new Error('it did not come to that within a minute')
    await Bun.sleep(100)
  }
}

test('two registries that replicate to each other, by the guide, have the same tags in the end', async () => {
  const a = await openSite('a', 'b')
  const b = await openSite('b', 'a')
  const atA = a.as('alice', 'correct horse battery')
  const atB = b.as('alice', 'correct horse battery')
  await put(atA, 'team/app', testImage('before'), ['old'])
  await connect(a, b)
  await connect(b, a)
  const same = (tag: string) => async () => {
    const [one, other] = [await atA.resolve('team/app', tag), await atB.resolve('team/app', tag)]
    return one?.digest === other?.digest
  }
  // What was there before comes by the whole run of the guide.
  await until(async () => (await atB.resolve('team/app', 'old')) !== undefined)
  await put(atA, 'team/app', testImage(1), ['v1', 'latest'])
  await put(atB, 'team/app', testImage(2), ['v2'])
  const image = testImage(3)
  await put(atB, 'team/app', image, ['v3'])
  await put(
    atB,
    'team/app',
    testImage('signature', { subject: image, artifactType: 'application/vnd.cncf.notary.signature' }),
    [],
  )
  await until(async () => (await atB.resolve('team/app', 'v1')) !== undefined)
  await until(async () => (await atA.resolve('team/app', 'v2')) !== undefined)
  await until(async () => (await atA.referrers('team/app', image.digest)).length === 1)
  await Promise.all([put(atA, 'team/app', testImage(4), ['latest']), put(atB, 'team/app', testImage(5), ['latest'])])
  await until(same('latest'))
  await atB.deleteTag('team/app', 'v1')
  await until(async () => (await atA.resolve('team/app', 'v1')) === undefined)

  // The other one is away for a while.
  await b.server.stop('SIGKILL')
  await put(atA, 'team/app', testImage(6), ['v6'])
  const again = await startRegistry({ dataDir: b.server.dataDir, args: ['--listen', b.server.host] })
  closing.push(again.close)
  await until(async () => (await atB.resolve('team/app', 'v6').catch(() => undefined)) !== undefined)
  await until(same('latest'))

  const executions = await run(a.server.dataDir, 'berth replication executions to-b')
  expect(executions).toMatch(/manual by operator/)
  expect(executions).toMatch(/event by replication/)
  const [id] = /^\d+/.exec(executions) ?? ['']
  expect(await run(a.server.dataDir, `berth replication log ${id}`)).toMatch(/team\/app:/)
  const answer = await fetch(`${a.server.url}/metrics`)
  expect(await answer.text()).toMatch(/berth_replication_images_total\{direction="push",result="copied"\} \d/)
})
