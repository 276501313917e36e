import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBeside } from '../../test/support/rows.ts'
import { AccessCache, changeAccess } from '../access/access-cache.ts'
import type { AuditEntry, Recorder } from '../events/recorder.ts'
import type { Database } from '../metadata/db.ts'
import { createLog } from '../observability/log.ts'
import { DatabaseUnavailable } from '../metadata/postgres-errors.ts'
import { OciError } from '../oci/errors.ts'
import { Accounts } from './accounts.ts'
import { FailedSignIns } from './failed-sign-ins.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { PasswordCheck } from './password-check.ts'
import { People } from './people.ts'
import { ANONYMOUS, type Principal } from './principal.ts'
import { newSecret } from './secrets.ts'
import { SignIn, type SignInContext, SignInUnavailable } from './sign-in.ts'
import { findUser, updateUser } from './user-store.ts'
import { Vouching } from './vouching.ts'
import { createWorkloadIssuers } from './workload.ts'
import { matchesRule } from './workload-rule.ts'
import { Workloads } from './workloads.ts'

const nothing = async () => undefined
const NO_RECORDER: Recorder = { record: nothing, note: nothing, seal: nothing }

let folder = ''
let database: Database
let nowMs = Date.UTC(2030, 0, 1)
const clock = { now: () => new Date(nowMs), sleep: async () => undefined }
const log = createLog({ level: 'error', now: clock.now, write: () => undefined })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-sign-in-'))
  database = await openBeside(folder, clock)
})
afterAll(async () => {
  await database.close()
  await rm(folder, { recursive: true, force: true })
})

/** Knows one user, of its own name, with the password "secret". */
function knows(name: string): IdentityProvider {
  return {
    name,
    verify: async (username, password) =>
      username === name && password === 'secret' ? { provider: name, subject: name, name } : undefined,
  }
}

const DOWN: IdentityProvider = {
  name: 'down',
  verify: async () => {
    throw new Error('the directory is down')
  },
}

let notes: AuditEntry[]
let outages: string[]
beforeEach(() => {
  notes = []
  outages = []
})

function open(...providers: readonly IdentityProvider[]): SignIn {
  const cache = new AccessCache(database)
  const accounts = new Accounts(cache)
  const people = new People({ database, cache, recorder: NO_RECORDER, clock })
  return new SignIn({
    ...{ database, providers, accounts, clock },
    passwords: new PasswordCheck(),
    failed: new FailedSignIns(clock),
    people,
    vouching: new Vouching({ database, people, providers, clock, onOutage: (provider) => outages.push(provider) }),
    workloads: new Workloads({
      verifier: createWorkloadIssuers({ issuers: {}, defaultAudience: undefined, clock, log }),
      matches: matchesRule,
      ...{ cache, accounts, clock, log },
    }),
    recorder: { ...NO_RECORDER, note: async (entry) => void notes.push(entry) },
    onOutage: (provider) => outages.push(provider),
  })
}

const HERE: SignInContext = { address: '10.0.0.1', network: '10.0.0.1', purpose: 'token' }
const THERE: SignInContext = { address: '10.0.0.2', network: '10.0.0.2', purpose: 'token' }

/** Who it is, or the code of the refusal. */
async function outcome(work: Promise<Principal>): Promise<unknown> {
  return work.then(
    ({ name }) => name,
    (error: unknown) => (error instanceof OciError ? error.code : error),
  )
}

describe('names and passwords', () => {
  it('one provider is asked after the other; whoever is new gets an account, the same every time', async () => {
    const signIn = open(knows('ann'), knows('bob'))
    const first = await signIn.signIn({ username: 'bob', password: 'secret' }, HERE)
    expect(first).toEqual({ kind: 'user', id: expect.stringMatching(/^user:/), name: 'bob' })
    expect(await signIn.signIn({ username: 'bob', password: 'secret' }, THERE)).toEqual(first)
    expect(notes.map(({ actor, outcome: how }) => [actor.id, actor.address, how])).toEqual([
      [first.id, HERE.address, 'done'],
      [first.id, THERE.address, 'done'],
    ])
  })

  it('empty credentials are none', async () => {
    expect(await open(DOWN).signIn({ username: '', password: '' }, HERE)).toEqual(ANONYMOUS)
    expect(notes).toEqual([])
  })

  it('unknown, wrong, empty, endless and invented secrets look alike, and each is noted without the password', async () => {
    const signIn = open(knows('ann'))
    const attempts = [
      { username: 'nobody', password: 'secret' },
      { username: 'ann', password: 'wrong' },
      { username: 'carl', password: '' },
      { username: '', password: 'secret' },
      { username: 'dora', password: 'x'.repeat(2000) },
      { username: 'ann', password: newSecret('key') },
      { username: 'robot.ci', password: newSecret('robot') },
    ]
    for (const attempt of attempts)
      await expect(signIn.signIn(attempt, HERE)).rejects.toMatchObject({
        code: 'UNAUTHORIZED',
        message: 'the user name or password is wrong',
      })
    expect(notes.map(({ actor, outcome: how }) => [actor.name, how])).toEqual(
      attempts.map(({ username }) => [username, 'refused']),
    )
    for (const { password } of attempts)
      if (password !== '') expect(JSON.stringify(notes)).not.toContain(`"${password}"`)
  })

  it('whoever is disabled has the wrong password, and is in again when enabled', async () => {
    const signIn = open(knows('eve'))
    const eve = { username: 'eve', password: 'secret' }
    await signIn.signIn(eve, HERE)
    const setDisabled = (disabled: boolean) =>
      changeAccess(database, async (tx) => updateUser(tx, (await findUser(tx, 'eve'))?.id ?? '', { disabled }))
    await setDisabled(true)
    expect(await outcome(signIn.signIn(eve, HERE))).toBe('UNAUTHORIZED')
    await setDisabled(false)
    expect(await outcome(signIn.signIn(eve, HERE))).toBe('eve')
  })
})

describe('a provider that cannot be asked', () => {
  it('is no wrong password, and does not keep away whoever another one knows', async () => {
    const signIn = open(DOWN, knows('ann'))
    expect(await outcome(signIn.signIn({ username: 'ann', password: 'secret' }, HERE))).toBe('ann')
    expect(await outcome(signIn.signIn({ username: 'bob', password: 'secret' }, HERE))).toBeInstanceOf(
      SignInUnavailable,
    )
    expect(outages).toEqual(['down', 'down'])
  })

  it('is no licence to guess', async () => {
    const signIn = open(DOWN, knows('ann'))
    for (let attempt = 0; attempt < 6; attempt++)
      expect(await outcome(signIn.signIn({ username: 'ann', password: 'wrong' }, HERE))).toBeInstanceOf(
        SignInUnavailable,
      )
    expect(await outcome(signIn.signIn({ username: 'ann', password: 'secret' }, HERE))).toBe('TOOMANYREQUESTS')
    expect(notes.filter((entry) => entry.outcome === 'refused')).toHaveLength(7)
  })
})

it('not to be let in while our own database is away is no mistake', async () => {
  let isAway = true
  const local: IdentityProvider = {
    name: 'local',
    verify: async (username, password) => {
      if (isAway) throw new DatabaseUnavailable('away', undefined)
      return knows('ann').verify(username, password)
    },
  }
  const signIn = open(local)
  const ann = { username: 'ann', password: 'secret' }
  for (let attempt = 0; attempt < 10; attempt++)
    expect(await outcome(signIn.signIn(ann, HERE))).toBeInstanceOf(DatabaseUnavailable)
  isAway = false
  expect(await outcome(signIn.signIn(ann, HERE))).toBe('ann')
})

describe('many mistakes', () => {
  it('make that account wait, there, even with the right password; nobody else and nowhere else', async () => {
    const signIn = open(knows('ann'), knows('bob'))
    const ann = { username: 'ann', password: 'secret' }
    for (let mistake = 0; mistake < 6; mistake++)
      expect(await outcome(signIn.signIn({ ...ann, password: 'wrong' }, HERE))).toBe('UNAUTHORIZED')
    expect(await outcome(signIn.signIn(ann, HERE))).toBe('TOOMANYREQUESTS')
    expect(await outcome(signIn.signIn(ann, THERE))).toBe('ann')
    expect(await outcome(signIn.signIn({ username: 'bob', password: 'secret' }, HERE))).toBe('bob')
    nowMs += 1000
    expect(await outcome(signIn.signIn(ann, HERE))).toBe('ann')
  })
})

describe('guesses that are sent at once', () => {
  it('are looked at one after the other, so that no more of them are free', async () => {
    const signIn = open(knows('ann'))
    const guesses = Array.from({ length: 40 }, (_, number) => (number === 39 ? 'secret' : `guess ${number}`))
    const outcomes = await Promise.allSettled(
      guesses.map((password) => signIn.signIn({ username: 'ann', password }, HERE)),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toEqual([])
    const codes = outcomes.map((outcome) => outcome.status === 'rejected' && (outcome.reason as OciError).code)
    expect(codes.filter((code) => code === 'UNAUTHORIZED').length).toBeLessThanOrEqual(6)
  })
})

describe('somebody whom the second provider knows', () => {
  it('costs the first one no slow hash, and none of the time that there is for mistakes', async () => {
    const first: IdentityProvider = {
      name: 'first',
      verify: async () => undefined,
      pretend: async () => {
        throw new Error('nobody failed')
      },
    }
    const signIn = open(first, knows('ann'))
    expect((await signIn.signIn({ username: 'ann', password: 'secret' }, HERE)).name).toBe('ann')
    await expect(signIn.signIn({ username: 'ann', password: 'wrong' }, HERE)).rejects.toThrow('nobody failed')
  })
})

describe('credentials that come with every request', () => {
  it('are one sign-in in the audit for five minutes, for each address', async () => {
    const signIn = open(knows('ann'))
    const ann = { username: 'ann', password: 'secret' }
    const here = { ...HERE, purpose: 'request' } as const
    for (let request = 0; request < 3; request++) await signIn.signIn(ann, here)
    expect(notes).toHaveLength(1)
    await signIn.signIn(ann, { ...THERE, purpose: 'request' })
    expect(notes).toHaveLength(2)
    nowMs += 5 * 60_000
    await signIn.signIn(ann, here)
    expect(notes).toHaveLength(3)
  })
})
