import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { berth } from './support/command.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(2 * PATIENCE_MS)

const ROOT = new URL('../..', import.meta.url).pathname
let home = ''

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'berth-home-'))
  const program = join(home, 'berth')
  await writeFile(program, `#!/bin/sh\nexec ${process.execPath} ${ROOT}src/main.ts "$@"\n`)
  await chmod(program, 0o755)
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout } = await berth(['completion', shell])
    expect(code).toBe(0)
    await writeFile(join(home, `berth.${shell}`), stdout)
  }
  for (const name of ['work', 'world'])
    await berth(['profile', 'add', name, '--server', `https://${name}.test`], {
      env: { HOME: home, XDG_CONFIG_HOME: '' },
    })
})
afterAll(() => rm(home, { recursive: true, force: true }))

async function run(words: readonly string[]): Promise<string> {
  const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: '', PATH: `${home}:${process.env.PATH}` }
  const child = Bun.spawn([...words], { cwd: home, env, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  expect([await child.exited, err]).toEqual([0, ''])
  return out
}

/** What the shell offers after these words; the last may be begun only. */
async function inBash(...words: readonly string[]): Promise<string[]> {
  const list = words.map((word) => `'${word}'`).join(' ')
  const script = `source berth.bash; COMP_WORDS=(berth ${list}); COMP_CWORD=${words.length}; _berth; printf '%s\\n' "\${COMPREPLY[@]}"`
  return (await run(['bash', '-c', script])).split('\n').filter((line) => line !== '')
}

describe('bash', () => {
  test('completes commands and their commands, wherever options stand', async () => {
    expect(await inBash('pro')).toEqual(['project', 'promote', 'protect', 'profile'])
    expect(await inBash('group', '')).toEqual(['add', 'remove', 'list', 'members', 'join', 'leave'])
    expect(await inBash('--server', 'https://a.test', 'tag', 'l')).toEqual(['list'])
    // What is named like a command is none where that stands already.
    expect(await inBash('project', 'add', 'list', '')).toEqual([])
    expect(await inBash('')).not.toContain('work-apart')
  })

  test('completes options, and the values that there are', async () => {
    expect(await inBash('project', 'list', '--s')).toEqual(['--storage', '--server'])
    expect(await inBash('project', 'list', '--pro')).toEqual(['--profile'])
    expect(await inBash('user', 'set', 'ann', '--role', 'a')).toEqual(['administrator', 'auditor'])
    expect(await inBash('fsck', '--se')).toEqual([])
  })

  test('completes names of profiles', async () => {
    expect(await inBash('profile', 'use', '')).toEqual(['work', 'world'])
    expect(await inBash('project', 'list', '--profile', 'worl')).toEqual(['world'])
  })

  test('runs nothing that the file of profiles holds', async () => {
    const path = join(home, '.config', 'berth', 'profiles.json')
    const before = await readFile(path, 'utf8')
    const profiles = {
      '$(touch${IFS}ran)': { server: 'https://a.test' },
      '`touch${IFS}ran`': { server: 'https://a.test' },
    }
    await writeFile(path, JSON.stringify({ profiles: { ...profiles, good: { server: 'https://b.test' } } }))
    expect(await inBash('profile', 'use', '')).toEqual(['good'])
    expect(await readdir(home)).not.toContain('ran')
    await writeFile(path, before)
  })
})

test('an unknown shell is wrong usage', async () => {
  expect(await berth(['completion', 'tcsh'])).toMatchObject({ code: 2, stdout: '' })
})

describe.if(Bun.which('zsh') !== null)('zsh', () => {
  /** Its line editor wants a terminal: what it would be told to offer is printed instead. */
  const STAND_INS = `
    compdef() { : }
    compadd() { print -rl -- "\${(@P)argv[-1]}" }
    _describe() { print -rl -- "\${(@P)argv[-1]}" }
    _files() { print files }`

  test('completes commands, options and names of profiles', async () => {
    const offered = async (...words: readonly string[]) => {
      const list = words.map((word) => `'${word}'`).join(' ')
      const script = `${STAND_INS}\nsource ./berth.zsh\nwords=(berth ${list}); CURRENT=$#words; PREFIX=$words[-1]; _berth`
      const lines = (await run(['zsh', '-f', '-c', script])).split('\n')
      return lines.map((line) => line.split(':')[0]).filter((word) => word !== '')
    }
    expect(await offered('group', '')).toEqual(['add', 'remove', 'list', 'members', 'join', 'leave'])
    expect(await offered('project', 'list', '--')).toContain('--server')
    expect(await offered('tag', 'set', '')).toEqual(['files'])
    expect(await offered('profile', 'use', '')).toEqual(['work', 'world'])
  })
})

describe.if(Bun.which('fish') !== null)('fish', () => {
  test('completes commands, options and names of profiles', async () => {
    const offered = async (line: string) =>
      (await run(['fish', '--no-config', '-c', `source berth.fish; complete -C '${line}'`]))
        .split('\n')
        .map((each) => each.split('\t')[0] ?? '')
        .filter((each) => each !== '')
    expect(await offered('berth pro')).toEqual(['profile', 'project', 'promote', 'protect'])
    expect(await offered('berth project l')).toEqual(['list'])
    expect(await offered('berth project list --ser')).toEqual(['--server'])
    expect(await offered('berth profile use wor')).toEqual(['work', 'world'])
  })
})
