import { afterAll, beforeAll, describe, expect, it } from 'bun:test'
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { htpasswdFile, parseHtpasswd } from './htpasswd.ts'
import { PasswordCheck } from './password-check.ts'

let folder = ''
let hash = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-htpasswd-'))
  // As "htpasswd -B" writes it: $2y$, where others say $2b$.
  hash = (await Bun.password.hash('secret', { algorithm: 'bcrypt', cost: 4 })).replace(/^\$2[ab]\$/, '$2y$')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('parseHtpasswd', () => {
  it('reads names and hashes, also with comments, empty lines and Windows line ends', () => {
    const entries = parseHtpasswd(`# users\r\nann:${hash}\r\n\r\n  bob:${hash}  \n`)
    expect([...entries]).toEqual([
      ['ann', hash],
      ['bob', hash],
    ])
  })

  it('an empty file has nobody', () => {
    expect(parseHtpasswd('').size).toBe(0)
  })

  it.each([
    ['MD5', 'bob:$apr1$abcdefgh$0123456789012345678901'],
    ['SHA-1', 'bob:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g='],
    ['plain text', 'bob:secret'],
    ['crypt', 'bob:rqXexS6ZhobKA'],
    ['a short bcrypt', 'bob:$2y$05$abc'],
    ['nothing', 'bob:'],
  ])('refuses %s, naming the line', (_, line) => {
    expect(() => parseHtpasswd(`ann:${hash}\n${line}\n`)).toThrow('line 2')
  })

  it('refuses a line without a name', () => {
    expect(() => parseHtpasswd(`:${hash}`)).toThrow('line 1 is not "name:hash"')
    expect(() => parseHtpasswd('nonsense')).toThrow('line 1 is not "name:hash"')
  })
})

describe('htpasswdFile', () => {
  let files = 0
  async function provider(content: string) {
    const path = join(folder, `${files++}`)
    await writeFile(path, content)
    const problems: string[] = []
    const users = htpasswdFile({ path, passwords: new PasswordCheck(), onProblem: (problem) => problems.push(problem) })
    /** Writes the file anew, at another time as far as the file system can tell. */
    const rewrite = async (text: string, at: number) => {
      await writeFile(path, text)
      await utimes(path, at, at)
    }
    return { path, users, problems, rewrite }
  }

  it('vouches for its users with the right password, and for nobody else', async () => {
    const { users } = await provider(`ann:${hash}\n`)
    expect(await users.verify('ann', 'secret')).toEqual({ provider: 'htpasswd', subject: 'ann', name: 'ann' })
    expect(await users.verify('ann', 'wrong')).toBeUndefined()
    expect(await users.verify('bob', 'secret')).toBeUndefined()
    expect(await users.verify('constructor', 'secret')).toBeUndefined()
  })

  it('reads a changed file again, so that whoever was removed is out at once', async () => {
    const { users, rewrite } = await provider(`ann:${hash}\n`)
    await rewrite(`bob:${hash}\n`, 1000)
    expect(await users.verify('ann', 'secret')).toBeUndefined()
    expect(await users.verify('bob', 'secret')).toEqual({ provider: 'htpasswd', subject: 'bob', name: 'bob' })
  })

  it('keeps the users it has when a changed file cannot be used, says so once, and takes the next good one', async () => {
    const { users, problems, rewrite } = await provider(`ann:${hash}\n`)
    await rewrite('ann:plain\n', 1000)
    expect(await users.verify('ann', 'secret')).toBeDefined()
    expect(await users.verify('ann', 'secret')).toBeDefined()
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain('line 1')
    await rewrite(`bob:${hash}\n`, 2000)
    expect(await users.verify('ann', 'secret')).toBeUndefined()
  })

  it('keeps the users it has while the file is missing', async () => {
    const { path, users, problems } = await provider(`ann:${hash}\n`)
    await rm(path)
    expect(await users.verify('ann', 'secret')).toBeDefined()
    expect(problems[0]).toContain(path)
  })

  it('a file that cannot be read at the start is an error', () => {
    const options = { passwords: new PasswordCheck(), onProblem: () => undefined }
    expect(() => htpasswdFile({ path: join(folder, 'missing'), ...options })).toThrow('ENOENT')
  })
})
