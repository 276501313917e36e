import { afterEach, beforeEach, describe, expect, it } from 'bun:test'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../lib/clock.ts'
import type { BlobStore } from '../blob-store.ts'
import { openFilesystemStore } from '../filesystem.ts'
import { openEncryptedStore } from './encrypted-store.ts'
import { createKeyFile, readKeyFile } from './key-file.ts'
import { keyObjectsIn } from './key-objects.ts'
import { Keyring } from './keyring.ts'
import { openMasterKeys } from './master-key.ts'
import type { EncryptionOptions } from './options.ts'

const NONE = { previousKeyFiles: [], requireEncrypted: false }
const KEY = 'sha256/ab/abab.1'

let folder: string
let keyFile: string
let newKeyFile: string
let inner: BlobStore
let clock: Clock & { advance(ms: number): void }

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-keyring-'))
  keyFile = join(folder, 'master.key')
  newKeyFile = join(folder, 'master-2.key')
  createKeyFile(keyFile)
  createKeyFile(newKeyFile)
  inner = openFilesystemStore(folder)
  clock = standingClock()
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function standingClock(): typeof clock {
  let now = Date.parse('2026-11-21T12:00:00Z')
  return {
    now: () => new Date(now),
    sleep: async () => undefined,
    advance: (ms) => {
      now += ms
    },
  }
}

function keyring(options: Partial<EncryptionOptions> = { keyFile }): Promise<Keyring> {
  return Keyring.open(keyObjectsIn(inner), openMasterKeys({ ...NONE, ...options }), clock)
}

async function storeWith(keys: Keyring): Promise<BlobStore> {
  return openEncryptedStore({ inner, keyring: keys, requireEncrypted: false })
}

async function textAt(store: BlobStore, key = KEY): Promise<string> {
  return new Response((await store.open(key))?.content.stream()).text()
}

const keyFolder = () => join(folder, 'blobs/encryption/keys')
const generations = (keys: Keyring) => keys.all().map(({ generation }) => generation)

describe('a master key in a file', () => {
  it('is made for its owner only, and no file is replaced', async () => {
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600)
    expect(await readFile(keyFile, 'utf8')).toMatch(/^[A-Za-z0-9+/]{43}=\n$/)
    expect(() => createKeyFile(keyFile)).toThrow('is there already and was not touched')
  })

  it('may be base64 or hex, and is the same key', async () => {
    const bytes = Buffer.from((await readFile(keyFile, 'utf8')).trim(), 'base64')
    await writeFile(newKeyFile, bytes.toString('hex'))
    expect(readKeyFile(newKeyFile).id).toBe(readKeyFile(keyFile).id)
  })

  it.each([
    ['', 'does not hold a key'],
    ['hunter2', 'does not hold a key'],
    [`${'A'.repeat(42)}=`, 'does not hold a key'],
  ])('that holds %p is refused', async (text, message) => {
    await writeFile(newKeyFile, text)
    expect(() => readKeyFile(newKeyFile)).toThrow(message)
  })

  it.each([0o604, 0o644, 0o602])('with mode %o is refused', async (mode) => {
    await chmod(keyFile, mode)
    expect(() => readKeyFile(keyFile)).toThrow('everybody on this machine may open')
  })

  it('that is missing is named', async () => {
    await rm(keyFile)
    expect(() => readKeyFile(keyFile)).toThrow(`the key file ${keyFile} is missing`)
  })

  it('that is another one opens nothing, and says so', async () => {
    await keyring()
    await expect(keyring({ keyFile: newKeyFile })).rejects.toThrow(`store key 1`)
    await expect(keyring({ keyFile: newKeyFile })).rejects.toThrow(readKeyFile(keyFile).id)
  })

  it('does not open a wrapped key that was changed', async () => {
    await keyring()
    const [name = ''] = await readdir(keyFolder())
    const record = JSON.parse(await readFile(join(keyFolder(), name), 'utf8'))
    const wrapped = Buffer.from(record.wrapped, 'base64')
    wrapped[30] = (wrapped[30] ?? 0) ^ 1
    await writeFile(join(keyFolder(), name), JSON.stringify({ ...record, wrapped: wrapped.toString('base64') }))
    await expect(keyring()).rejects.toThrow('cannot be unwrapped')
  })

  it('does not open a wrapped key under the name of another', async () => {
    await (await keyring()).rotate()
    const [first = '', second = ''] = (await readdir(keyFolder())).sort()
    const read = async (name: string) => JSON.parse(await readFile(join(keyFolder(), name), 'utf8'))
    const [mine, other] = [await read(first), await read(second)]
    await writeFile(join(keyFolder(), first), JSON.stringify({ ...mine, wrapped: other.wrapped }))
    await expect(keyring()).rejects.toThrow('what the master key gave back is another key')
  })
})

describe('rotation', () => {
  it('wraps every store key with the new master key, makes a new one, and writes no object', async () => {
    const before = await storeWith(await keyring())
    await before.put(KEY, new Blob(['hello']))
    const sealed = await readFile(join(folder, 'blobs', `${KEY}.enc`))
    const both = await keyring({ keyFile: newKeyFile, previousKeyFiles: [keyFile] })
    await both.rotate()
    await rm(keyFile)
    const after = await keyring({ keyFile: newKeyFile })
    expect(generations(after)).toEqual([2, 1])
    expect(new Set(after.all().map(({ wrappedBy }) => wrappedBy))).toEqual(new Set([readKeyFile(newKeyFile).id]))
    expect(await textAt(await storeWith(after))).toBe('hello')
    expect((await readFile(join(folder, 'blobs', `${KEY}.enc`))).equals(sealed)).toBe(true)
    expect(await readdir(keyFolder())).toHaveLength(2)
  })

  it('is no use to the old master key afterwards', async () => {
    await keyring()
    await (await keyring({ keyFile: newKeyFile, previousKeyFiles: [keyFile] })).rotate()
    await expect(keyring({ keyFile })).rejects.toThrow('cannot be unwrapped')
  })

  it('beside a process that goes on: objects of a new key are read at once, and it is used within a minute', async () => {
    const here = await keyring()
    const there = await keyring()
    await there.rotate()
    const [mine, theirs] = [await storeWith(here), await storeWith(there)]
    clock.advance(2000)
    await theirs.put(KEY, new Blob(['with the new key']))
    expect(await textAt(mine)).toBe('with the new key')
    const again = await keyring()
    await again.rotate()
    clock.advance(59_000)
    expect((await here.current()).generation).toBe(2)
    clock.advance(2000)
    expect((await here.current()).generation).toBe(3)
  })

  it('with a master key that a process does not know lets it go on with what it has', async () => {
    const here = await keyring()
    const mine = await storeWith(here)
    await mine.put(KEY, new Blob(['before']))
    const there = await keyring({ keyFile: newKeyFile, previousKeyFiles: [keyFile] })
    await there.rotate()
    await (await storeWith(there)).put('other.1', new Blob(['of theirs']))
    clock.advance(100_000)
    await mine.put('after.1', new Blob(['after']))
    expect([await textAt(mine), await textAt(mine, 'after.1')]).toEqual(['before', 'after'])
    await expect(textAt(mine, 'other.1')).rejects.toThrow('cannot be unwrapped')
  })

  it('twice at once loses no key', async () => {
    const rings = await Promise.all([keyring(), keyring(), keyring()])
    const stores = await Promise.all(rings.map(storeWith))
    for (const [index, store] of stores.entries()) await store.put(`before.${index}`, new Blob([`b${index}`]))
    await Promise.all(rings.map((each) => each.rotate()))
    for (const [index, store] of stores.entries()) await store.put(`after.${index}`, new Blob([`a${index}`]))
    const fresh = await storeWith(await keyring())
    for (const index of stores.keys())
      expect([await textAt(fresh, `before.${index}`), await textAt(fresh, `after.${index}`)]).toEqual([
        `b${index}`,
        `a${index}`,
      ])
  })

  it('a clock that is set back keeps nobody from a new key', async () => {
    const here = await keyring()
    const there = await keyring()
    await there.rotate()
    clock.advance(-3_600_000)
    expect((await here.current()).generation).toBe(2)
  })
})

describe('a store key', () => {
  it('that went away is named when one of its objects is read', async () => {
    await (await storeWith(await keyring())).put(KEY, new Blob(['hello']))
    await rm(keyFolder(), { recursive: true })
    inner = openFilesystemStore(folder)
    await expect(textAt(await storeWith(await keyring()))).rejects.toThrow('there is no store key')
  })
})

/** A KMS: a key that only this script sees, AES by openssl and a MAC of its own. */
const KMS = `#!/bin/sh
set -eu
key=$(cat "$0.key")
echo "$1" >> "$0.calls"
case "$1" in
  wrap) openssl enc -aes-256-ctr -pbkdf2 -pass "pass:$key" ;;
  unwrap) openssl enc -d -aes-256-ctr -pbkdf2 -pass "pass:$key" ;;
  *) echo "what is $1?" >&2; exit 2 ;;
esac
`

async function makeKms(name: string, script = KMS): Promise<string> {
  const program = join(folder, name)
  await writeFile(`${program}.key`, `secret of ${name}`)
  await writeFile(program, script, { mode: 0o700 })
  return program
}

describe('a master key in a KMS (a script around openssl)', () => {
  it('wraps the store keys, and is asked once for each at a start', async () => {
    const keyCommand = await makeKms('kms')
    const store = await storeWith(await keyring({ keyCommand }))
    await store.put(KEY, new Blob(['hello']))
    expect(await textAt(await storeWith(await keyring({ keyCommand })))).toBe('hello')
    expect((await readFile(`${keyCommand}.calls`, 'utf8')).split('\n').filter(Boolean)).toEqual([
      'wrap',
      'unwrap',
      'unwrap',
    ])
  })

  it('takes over from a file, and a file from it', async () => {
    const keyCommand = await makeKms('kms')
    await (await storeWith(await keyring())).put(KEY, new Blob(['hello']))
    await (await keyring({ keyCommand, previousKeyFiles: [keyFile] })).rotate()
    expect(await textAt(await storeWith(await keyring({ keyCommand })))).toBe('hello')
    await (await keyring({ keyFile: newKeyFile, previousKeyCommand: keyCommand })).rotate()
    expect(await textAt(await storeWith(await keyring({ keyFile: newKeyFile })))).toBe('hello')
  })

  it('that takes over from another one is told apart by what it can unwrap', async () => {
    const [old, young] = [await makeKms('old'), await makeKms('young')]
    await (await storeWith(await keyring({ keyCommand: old }))).put(KEY, new Blob(['hello']))
    await expect(keyring({ keyCommand: young })).rejects.toThrow('cannot be unwrapped')
    await (await keyring({ keyCommand: young, previousKeyCommand: old })).rotate()
    expect(await textAt(await storeWith(await keyring({ keyCommand: young })))).toBe('hello')
  })

  it.each([
    ['#!/bin/sh\necho "no such key" >&2; exit 3\n', 'wrap" failed: no such key'],
    ['#!/bin/sh\nexit 3\n', 'wrap" failed: it ended with 3'],
    ['#!/bin/sh\nexit 0\n', 'wrap" failed: it printed nothing'],
    ['#!/bin/sh\ncat | tr a-z b-za | head -c 40\n', 'does not give back what it wrapped'],
  ])('that does %j is refused, and makes no key', async (script, message) => {
    const keyCommand = await makeKms('kms', script)
    await expect(keyring({ keyCommand })).rejects.toThrow(message)
    expect(await Array.fromAsync(inner.list())).toEqual([])
  })

  it('that is not there is refused', async () => {
    await expect(keyring({ keyCommand: join(folder, 'nothing') })).rejects.toThrow('wrap" failed: ENOENT')
  })

  it('that does not answer any more stops nobody who has his keys', async () => {
    const keyCommand = await makeKms('kms')
    const here = await keyring({ keyCommand })
    const store = await storeWith(here)
    await (await keyring({ keyCommand })).rotate()
    await rm(keyCommand)
    clock.advance(120_000)
    await store.put(KEY, new Blob(['hello']))
    expect((await here.current()).generation).toBe(1)
    expect(await textAt(store)).toBe('hello')
  })
})
