import { afterAll, beforeAll, describe, expect, it } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../lib/clock.ts'
import { findDockerLogin, readLoginFile } from './docker-logins.ts'
import type { Surroundings } from './user-surroundings.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-logins-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function settings(config: unknown, helpers: Readonly<Record<string, unknown>> = {}): Promise<Surroundings> {
  await writeFile(join(folder, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config))
  return {
    environment: { DOCKER_CONFIG: folder },
    ...{ home: folder, platform: 'linux', clock: systemClock, say: () => undefined, warn: () => undefined },
    run: async ([program], input) => {
      const found = helpers[`${program} ${input}`]
      return { code: found === undefined ? 1 : 0, stdout: found === undefined ? '' : JSON.stringify(found), stderr: '' }
    },
  }
}

const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') })

describe('what docker would sign in with', () => {
  it('is nothing where it knows nothing', async () => {
    const here = await settings({ auths: { 'other.example': auth('a:b') } })
    expect(await findDockerLogin(here, 'registry.example')).toBeUndefined()
    expect(await findDockerLogin(here, 'constructor')).toBeUndefined()
    expect(await findDockerLogin(await settings(''), 'registry.example')).toBeUndefined()
  })

  it('is what stands in its settings', async () => {
    const here = await settings({
      auths: { 'registry.example': auth('ann:a:b'), 'https://index.docker.io/v1/': auth('hub:x') },
    })
    expect(await findDockerLogin(here, 'registry.example')).toEqual({ username: 'ann', password: 'a:b' })
    expect(await findDockerLogin(here, 'docker.io')).toEqual({ username: 'hub', password: 'x' })
  })

  it('is what the helper of the host says, or that of all, and the settings where neither knows', async () => {
    const helpers = {
      'docker-credential-one registry.example': { Username: 'ann', Secret: 'one' },
      'docker-credential-all other.example': { Username: 'ann', Secret: 'all' },
    }
    const here = await settings(
      { credsStore: 'all', credHelpers: { 'registry.example': 'one' }, auths: { 'third.example': auth('ann:file') } },
      helpers,
    )
    const passwordFor = async (host: string) => (await findDockerLogin(here, host))?.password
    expect(
      await Promise.all(['registry.example', 'other.example', 'third.example', 'no.example'].map(passwordFor)),
    ).toEqual(['one', 'all', 'file', undefined])
  })

  it('is never asked of a program that is no helper', async () => {
    const here = await settings({ credHelpers: { 'registry.example': '../../bin/sh' } })
    await expect(findDockerLogin(here, 'registry.example')).rejects.toThrow('cannot be a credential helper')
  })

  it('is said to be broken without a word of what it holds', async () => {
    const here = await settings('{"auths": {"registry.example": {"auth": "c2VjcmV0"}')
    const error = await findDockerLogin(here, 'registry.example').catch((thrown: Error) => thrown)
    expect(String(error)).toContain('is not a configuration of docker')
    expect(String(error)).not.toContain('c2VjcmV0')
  })
})

describe('a file of credentials', () => {
  it('is one line', async () => {
    const path = join(folder, 'creds')
    await writeFile(path, 'ann:pass:word\n')
    expect(await readLoginFile(path)).toEqual({ username: 'ann', password: 'pass:word' })
    for (const text of ['', 'ann', 'a:b\nc:d\n']) {
      await writeFile(path, text)
      await expect(readLoginFile(path)).rejects.toThrow('does not hold one line of USER:PASSWORD')
    }
    await expect(readLoginFile(join(folder, 'none'))).rejects.toThrow('is not there')
  })
})
