import { afterEach, beforeEach, describe, expect, it } from 'bun:test'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProgram } from '../lib/run-program.ts'
import type { CredentialStore } from './credential.ts'
import { fileStore, openCredentialStore } from './credential-store.ts'
import { answerDocker } from './docker-credential.ts'
import { commandFromName } from './docker-helper.ts'
import { macKeychain } from './keychain.ts'
import type { Surroundings } from './user-surroundings.ts'

const HOST = 'registry.example:5000'
const STORED = JSON.stringify({ ServerURL: HOST, Username: '<token>', Secret: 's3cret "quoted"' })

let folder = ''
let store: CredentialStore

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-credentials-'))
  store = fileStore(join(folder, 'berth', 'credentials.json'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('the protocol of docker’s credential helpers', () => {
  it('keeps, gives, lists and erases', async () => {
    expect(await answerDocker(store, 'list', '')).toEqual({ code: 0, output: '{}\n' })
    expect(await answerDocker(store, 'store', STORED)).toEqual({ code: 0, output: '' })
    const got = await answerDocker(store, 'get', `${HOST}\n`)
    expect([got.code, JSON.parse(got.output)]).toEqual([0, JSON.parse(STORED)])
    expect(await answerDocker(store, 'list', '')).toEqual({ code: 0, output: `{"${HOST}":"<token>"}\n` })
    expect(await answerDocker(store, 'erase', `${HOST}\n`)).toEqual({ code: 0, output: '' })
    expect((await answerDocker(store, 'get', HOST)).code).toBe(1)
    expect(await answerDocker(store, 'erase', HOST)).toEqual({ code: 0, output: '' })
  })

  it('says in docker’s words that it knows nothing', async () => {
    for (const server of ['unknown.example', '__proto__', 'constructor'])
      expect(await answerDocker(store, 'get', server)).toEqual({
        code: 1,
        output: 'credentials not found in native keychain\n',
      })
  })

  it('takes an address for the host in it', async () => {
    await answerDocker(store, 'store', STORED)
    for (const text of [`https://${HOST}`, `https://${HOST}/`, `http://${HOST}`])
      expect(JSON.parse((await answerDocker(store, 'get', text)).output)).toMatchObject({ ServerURL: text })
  })

  it.each([
    ['get', '', 'no credentials server URL'],
    ['erase', '\n', 'no credentials server URL'],
    ['store', '{"ServerURL":"","Username":"a","Secret":"b"}', 'no credentials server URL'],
    ['store', '{"ServerURL":"a","Username":"","Secret":"b"}', 'no credentials username'],
    ['store', '{"ServerURL":"a","Username":"b","Secret":"hidden"', 'standard input is not'],
    ['frob', '', 'unknown action "frob"'],
  ])('%s with %p is a mistake', async (action, input, problem) => {
    const { code, output } = await answerDocker(store, action, input)
    expect(code).toBe(1)
    expect(output).toContain(problem)
    expect(output).not.toContain('hidden')
  })

  it('knows its version', async () => {
    expect((await answerDocker(store, 'version', '')).output).toMatch(/^docker-credential-berth \d/)
  })
})

describe('the file', () => {
  it('is for its owner only, whatever it was before', async () => {
    const path = join(folder, 'berth', 'credentials.json')
    await mkdir(join(folder, 'berth'), { mode: 0o755 })
    await writeFile(path, '{}')
    await chmod(path, 0o644)
    await answerDocker(store, 'store', STORED)
    expect([(await stat(path)).mode & 0o777, (await stat(join(folder, 'berth'))).mode & 0o777]).toEqual([0o600, 0o700])
  })

  it('that is damaged is not overwritten', async () => {
    const path = join(folder, 'credentials.json')
    await writeFile(path, 'secret stuff')
    for (const action of ['get', 'store'])
      expect((await answerDocker(fileStore(path), action, action === 'get' ? HOST : STORED)).output).toBe(
        `${path} is damaged; remove it and sign in again\n`,
      )
    expect(await readFile(path, 'utf8')).toBe('secret stuff')
  })
})

/** Behaves like libsecret's, with files for a keyring. */
const SECRET_TOOL = `#!/bin/sh
cd "$KEYRING" || exit 1
[ -e locked ] && exit 1
verb=$1; shift
echo "$verb $*" >> arguments
case $verb in
  store) [ "$1" = "--label=Berth: $5" ] || exit 2; cat > "item-$5" ;;
  lookup) cat "item-$4" 2>/dev/null ;;
  clear) rm -f "item-$4" ;;
  search) for file in item-*; do echo "[/1]"; echo "secret = x"; echo "attribute.server = \${file#item-}" >&2; done ;;
esac
`

describe('a keyring', () => {
  async function withKeyring(warnings: string[]): Promise<CredentialStore> {
    await writeFile(join(folder, 'secret-tool'), SECRET_TOOL.replaceAll('$KEYRING', folder), { mode: 0o755 })
    const here: Surroundings = {
      environment: { PATH: folder, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' },
      home: folder,
      platform: 'linux',
      run: runProgram,
      clock: { now: () => new Date(0), sleep: async () => undefined },
      say: () => undefined,
      warn: (text) => void warnings.push(text),
    }
    return openCredentialStore(here)
  }

  it('is used where there is one, and no secret is an argument', async () => {
    const warnings: string[] = []
    const keyring = await withKeyring(warnings)
    expect(keyring.name).toBe('the keyring')
    await answerDocker(keyring, 'store', STORED)
    expect(JSON.parse((await answerDocker(keyring, 'get', HOST)).output)).toEqual(JSON.parse(STORED))
    expect(await answerDocker(keyring, 'list', '')).toEqual({ code: 0, output: `{"${HOST}":"<token>"}\n` })
    await answerDocker(keyring, 'erase', HOST)
    expect((await answerDocker(keyring, 'get', HOST)).code).toBe(1)
    expect(await readFile(join(folder, 'arguments'), 'utf8')).not.toContain('s3cret')
    expect(warnings).toEqual([])
  })

  it('that is locked is replaced by the file, which is said', async () => {
    const warnings: string[] = []
    const keyring = await withKeyring(warnings)
    await writeFile(join(folder, 'locked'), '')
    await answerDocker(keyring, 'store', STORED)
    expect(JSON.parse((await answerDocker(keyring, 'get', HOST)).output)).toEqual(JSON.parse(STORED))
    const path = join(folder, '.config', 'berth', 'credentials.json')
    expect(warnings).toEqual([`the keyring would not keep the secret, so it is in ${path}, which only you may read.`])
  })
})

describe('the keychain of macOS', () => {
  it('is given secrets on standard input only', async () => {
    const asked: { argv: string; input: string }[] = []
    const keychain = macKeychain('/usr/bin/security', async (argv, input = '') => {
      asked.push({ argv: argv.join(' '), input })
      return { code: 0, stdout: '{"Username":"<token>","Secret":"s3cret"}\n', stderr: '' }
    })
    await keychain.store(HOST, { Username: '<token>', Secret: 's3cret' })
    const hex = Buffer.from('{"Username":"<token>","Secret":"s3cret"}').toString('hex')
    expect(asked).toEqual([
      {
        argv: '/usr/bin/security -i',
        input: `add-generic-password -U -s "Berth: ${HOST}" -a "<token>" -X ${hex}\n`,
      },
    ])
    expect(await keychain.find(HOST)).toEqual({ Username: '<token>', Secret: 's3cret' })
    await expect(keychain.store('a"\nb', { Username: 'x', Secret: 'y' })).rejects.toThrow('does not fit')
  })

  it('lists what is ours', async () => {
    const dump = `keychain: "/a"\n    "acct"<blob>="<token>"\n    "svce"<blob>="Berth: ${HOST}"\nkeychain: "/a"\n    "svce"<blob>="Wifi"\n`
    const keychain = macKeychain('security', async () => ({ code: 0, stdout: dump, stderr: '' }))
    expect(await keychain.list()).toEqual({ [HOST]: '<token>' })
  })
})

describe('the name that the program was started under', () => {
  it.each([
    [['bun', '/$bunfs/root/berth', 'get'], '/usr/bin/docker-credential-berth', ['docker-credential', 'get']],
    [['bun', '/$bunfs/root/berth', 'get'], 'docker-credential-berth', ['docker-credential', 'get']],
    [['bun', '/home/docker-credential-berth', 'list'], 'bun', ['docker-credential', 'list']],
    [['bun', '/$bunfs/root/berth', 'serve'], './berth', ['serve']],
    [['bun', 'src/main.ts'], 'bun', []],
  ])('%p as %p', (argv, argv0, expected) => {
    expect(commandFromName(argv, argv0).slice(2)).toEqual(expected)
  })
})
