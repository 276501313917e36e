import { afterAll, beforeAll, describe, expect, it } from 'bun:test'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { untilTrue } from '../../../test/e2e/support/until.ts'
import { runTool, type ToolRun } from './run-tool.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-tool-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const never = new AbortController().signal

function script(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\n${text}\n`)
  chmodSync(path, 0o755)
  return path
}

function run(program: string, changes: Partial<ToolRun> = {}, signal = never) {
  const env = { PATH: '/usr/bin:/bin' }
  return runTool({ argv: [program], env, folder, timeoutMs: 20_000, maxBytes: 1000, ...changes }, signal)
}

async function problemOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'it went well',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    // What nobody has waited for yet is dead all the same.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** Of a child that outlives its parent. */
async function pidIn(name: string): Promise<number> {
  const path = join(folder, name)
  await untilTrue(`${name} is written`, () => existsSync(path) && readFileSync(path, 'utf8').endsWith('\n'))
  return Number(readFileSync(path, 'utf8'))
}

describe('a scanner that is a command', () => {
  it('runs in its folder, with its own environment and nothing of ours, and no shell reads its arguments', async () => {
    const program = script('env', 'pwd; env | sort; printf "%s\\n" "$@"; echo said >&2; exit 3')
    const argument = '$(touch pwned); "x'
    const env = { PATH: '/usr/bin:/bin', HOME: folder }
    const { code, stdout, stderr } = await run(program, { argv: [program, argument], env })
    const lines = Buffer.from(stdout).toString().trim().split('\n')
    expect(lines[0]).toEndWith(folder)
    expect(lines.slice(1, -1).map((line) => line.replace(/=.*/, ''))).toEqual(['HOME', 'PATH', 'PWD'])
    expect(lines.at(-1)).toBe(argument)
    expect([code, stderr]).toEqual([3, 'said\n'])
    expect(existsSync(join(folder, 'pwned'))).toBe(false)
  })

  it('that hangs is killed, with everything that it started', async () => {
    const program = script('hang', `sleep 600 & echo $! > ${folder}/hang.pid; trap '' TERM; wait`)
    const work = problemOf(run(program, { timeoutMs: 1000 }))
    const pid = await pidIn('hang.pid')
    expect(await work).toContain('was stopped after 1 s without an answer')
    await untilTrue('it is dead', () => !isAlive(pid))
  })

  it('that ends leaves nothing running that holds its output', async () => {
    const program = script('leave', `sleep 600 & echo $! > ${folder}/leave.pid; echo done`)
    expect(Buffer.from((await run(program)).stdout).toString()).toBe('done\n')
    const pid = await pidIn('leave.pid')
    await untilTrue('it is dead', () => !isAlive(pid))
  })

  it('that writes without an end is stopped; of its complaints only the end is kept', async () => {
    expect(await problemOf(run(script('endless', 'yes')))).toContain('it said more than 1000 bytes')
    const { stderr } = await run(script('loud', 'yes error | head -c 1000000 >&2; echo last >&2'))
    expect(stderr.length).toBeLessThanOrEqual(4096)
    expect(stderr).toEndWith('last\n')
  })

  it('ends when nobody waits for it any more, and does not begin then', async () => {
    const controller = new AbortController()
    const work = problemOf(run(script('abort', `echo $$ > ${folder}/abort.pid; exec sleep 600`), {}, controller.signal))
    const pid = await pidIn('abort.pid')
    controller.abort(new Error('enough'))
    expect(await work).toBe('enough')
    await untilTrue('it is dead', () => !isAlive(pid))
    const late = script('late', `touch ${folder}/began`)
    expect(await problemOf(run(late, {}, controller.signal))).toBe('enough')
    expect(existsSync(join(folder, 'began'))).toBe(false)
  })

  it('that is not there is a sentence', async () => {
    expect(await problemOf(run(join(folder, 'nothing')))).toContain('cannot be started: is it installed?')
  })

  it('runs alone', async () => {
    const program = script('alone', `mkdir ${folder}/lock || exit 1; sleep 0.05; rmdir ${folder}/lock`)
    const results = await Promise.all([run(program), run(program), run(program)])
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0])
  })
})
