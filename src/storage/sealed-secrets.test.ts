import { afterEach, beforeEach, describe, expect, it } from 'bun:test'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Problem } from '../lib/problem.ts'
import { createKeyFile, ensureKeyFile } from './encrypted/key-file.ts'
import { createSealedSecrets, type SecretKeys } from './sealed-secrets.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-secrets-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const at = (name: string) => join(folder, name)
const secretsWith = (keys: Partial<SecretKeys> = {}) =>
  createSealedSecrets({ keyFile: at('key'), create: true, previousKeyFiles: [], ...keys })

describe('a sealed secret', () => {
  it('opens for what it was sealed for, and says nothing of itself', () => {
    const sealed = secretsWith().sealer().seal('canary', 'remote 1')
    expect(sealed).toMatch(/^1\.[0-9a-f]{16}\.[A-Za-z0-9_-]+$/)
    expect(Buffer.from(sealed.split('.')[2] ?? '', 'base64url').toString('latin1')).not.toContain('canary')
    expect(secretsWith().open(sealed, 'remote 1')).toBe('canary')
    expect(secretsWith().sealer().seal('canary', 'remote 1')).not.toBe(sealed)
  })

  it('does not open for anything else, nor with a bit changed', () => {
    const sealed = secretsWith().sealer().seal('canary', 'remote 1')
    expect(() => secretsWith().open(sealed, 'remote 2')).toThrow(/sealed for something else/)
    const changed = `${sealed.slice(0, -2)}${sealed.endsWith('AA') ? 'BB' : 'AA'}`
    expect(() => secretsWith().open(changed, 'remote 1')).toThrow(Problem)
    for (const text of ['', 'canary', '1.', '2.x.y', '1.0000000000000000.AAAA'])
      expect(() => secretsWith().open(text, 'remote 1')).toThrow(/previousKeyFiles/)
  })

  it('opens with a key of before, and is said to be of it', () => {
    const sealed = secretsWith({ keyFile: at('old') })
      .sealer()
      .seal('canary', 'x')
    expect(() => secretsWith({ keyFile: at('new') }).open(sealed, 'x')).toThrow(/the key file .* is missing/)
    createKeyFile(at('new'))
    expect(() => secretsWith({ keyFile: at('new') }).open(sealed, 'x')).toThrow(/encrypted with another key/)
    const both = secretsWith({ keyFile: at('new'), previousKeyFiles: [at('old')] })
    expect(both.open(sealed, 'x')).toBe('canary')
    expect(both.sealer().hasSealed(sealed)).toBe(false)
    expect(both.sealer().hasSealed(both.sealer().seal('canary', 'x'))).toBe(true)
  })
})

describe('the key', () => {
  it('is made once, for its owner only', async () => {
    secretsWith().sealer()
    const made = await readFile(at('key'), 'utf8')
    expect(Buffer.from(made.trim(), 'base64')).toHaveLength(32)
    expect((await stat(at('key'))).mode & 0o777).toBe(0o600)
    secretsWith().sealer()
    ensureKeyFile(at('key'))
    expect(await readFile(at('key'), 'utf8')).toBe(made)
    expect(await readdir(folder)).toEqual(['key'])
  })

  it('is one, whoever makes it at the same moment', async () => {
    const program = `import { ensureKeyFile } from '${import.meta.dir}/encrypted/key-file.ts'
      import { readFileSync } from 'node:fs'
      ensureKeyFile(process.argv[1]); process.stdout.write(readFileSync(process.argv[1], 'utf8'))`
    const children = Array.from({ length: 6 }, () =>
      Bun.spawn([process.execPath, '-e', program, at('key')], { stdout: 'pipe', stderr: 'inherit' }),
    )
    const seen = await Promise.all(children.map((child) => new Response(child.stdout).text()))
    expect(new Set(seen)).toEqual(new Set([await readFile(at('key'), 'utf8')]))
    expect(await readdir(folder)).toEqual(['key'])
  })

  it('is not made where an operator named it, and not without a place', () => {
    expect(() => secretsWith({ create: false }).sealer()).toThrow(`secrets: the key file ${at('key')} is missing`)
    expect(() => secretsWith({ keyFile: undefined }).sealer()).toThrow(/set secrets.keyFile to the same file on every/)
  })

  it('is refused when others may read it, or when it is none', async () => {
    secretsWith().sealer()
    await chmod(at('key'), 0o604)
    expect(() => secretsWith().sealer()).toThrow(/chmod o=/)
    await writeFile(at('none'), 'secret\n', { mode: 0o600 })
    expect(() => secretsWith({ keyFile: at('none') }).sealer()).toThrow(/does not hold a key/)
    expect(() => secretsWith({ keyFile: at('none') }).sealer()).toThrow(Problem)
  })
})
