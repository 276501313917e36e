/** Retention, previews, expiry and explanations, over the whole registry in process. */
import { afterAll, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import fc from 'fast-check'
import type { Project } from '../../src/access/project-store.ts'
import { untaggedOverride } from '../../src/metadata/untagged-rules.ts'
import { findRepository } from '../../src/metadata/repositories.ts'
import { type Digest, parseDigest } from '../../src/oci/digest.ts'
import { parseRepositoryName, type RepositoryName } from '../../src/oci/name.ts'
import type { Guard } from '../../src/registry/operation.ts'
import { removeGoing } from '../../src/registry/remove-going.ts'
import { whatGoes } from '../../src/registry/what-goes.ts'
import { OPERATOR } from '../../src/lib/actor.ts'
import { applyRules, removeExpired } from '../../src/retention/apply.ts'
import { previewDelete, previewRepository, previewRules } from '../../src/retention/preview.ts'
import { parseRule, type RuleInput } from '../../src/retention/rule.ts'
import { addRule as addImmutability } from '../../src/immutability/manage-rules.ts'
import { BY, found, type Person, World } from '../access/support/world.ts'
import { check } from '../conformance/support/check.ts'
import type { Answer, Registry } from '../conformance/support/client.ts'
import { type Content, content, SEED } from '../conformance/support/content.ts'
import * as m from '../conformance/support/manifests.ts'
import { pushBlob } from '../conformance/support/uploads.ts'
import { descriptor, type Image, image, index, manifestOf, pushImage } from './support/images.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(PATIENCE_MS)

const DAY = 86_400_000

let world: World
let admin: Person
let registry: Registry
let project: Project
let target: { registry: Registry; name: RepositoryName }
let cases = 0

beforeAll(async () => {
  world = await World.open()
  admin = await world.user('root-ann', { systemRole: 'administrator' })
  registry = world.with(admin.basic)
})
beforeEach(async () => {
  project = await world.project(`retained${cases++}`)
  target = { registry, name: parseRepositoryName(`${project.name}/app`) }
})
afterAll(async () => {
  expect(world?.errors()).toBe('')
  await world?.checkAudit()
  await world?.close()
})

const api = (method: string, path: string, body?: unknown): Promise<Answer> =>
  world.api(method, path, admin.basic, body)
const inProject = () => `/projects/${project.name}/retention`
const inRepository = () => `/repositories/${encodeURIComponent(target.name)}`
const json = <T>(answer: Answer, status: number): T => {
  expect(answer).toHaveProperty('status', status)
  return JSON.parse(answer.text) as T
}

async function addRule(rule: RuleInput): Promise<number> {
  return json<{ id: number }>(await api('POST', inProject(), rule), 200).id
}

interface Figures {
  tags: number
  manifests: number
  bytes: number
  items: { tags: { tag: string }[]; manifests: { digest: string }[]; keptTags: { tag: string; reason: string }[] }
  truncated: boolean
}
const preview = async (rules?: RuleInput[]) =>
  json<Figures>(await api('POST', `${inProject()}/preview`, { ...(rules && { rules }), limit: 1000 }), 200)
const run = async () =>
  json<{ items: { tags: number; manifests: number; deletion: number }[]; failed: string[] }>(
    await api('POST', `${inProject()}/run`),
    200,
  )
async function explain(tag: string) {
  return json<{
    verdict: string
    reason: string
    goesAt?: string
    keptBy?: string
    expiresAt?: string
    about?: string
    rules: {
      id: number
      keeps: boolean
      conditions: { rank?: number; of?: number; until?: string; keeps: boolean }[]
    }[]
    manifest: { goes: boolean; reason: string }
  }>(await api('GET', `${inRepository()}/tags/${tag}/explain`), 200)
}

async function repositoryId(name = target.name): Promise<number> {
  return found(await findRepository(world.m.database.reader, name))
}

async function tagsNow(): Promise<string[]> {
  const id = await repositoryId()
  return (await world.query<{ name: string }>('select name from tags where repository_id = ? order by name', id)).map(
    (r) => r.name,
  )
}

async function manifestsNow(name = target.name): Promise<Set<string>> {
  const sql = 'select digest from manifests where repository_id = ? and deletion is null'
  return new Set((await world.query<{ digest: string }>(sql, await repositoryId(name))).map((row) => row.digest))
}

/** Bytes of what anything visible in a live repository still names, and of the visible manifests themselves. */
async function bytesInUse(): Promise<number> {
  const [row] = await world.query<{ bytes: number }>(`
    select (
      select coalesce(sum(size), 0) from blobs where exists (
        select 1 from manifest_blobs b join manifests m on m.repository_id = b.repository_id and m.digest = b.manifest
        join repositories r on r.id = m.repository_id
        where b.digest = blobs.digest and m.deletion is null and r.deleted_at is null
      )
    ) + (
      select coalesce(sum(m.size), 0) from manifests m join repositories r on r.id = m.repository_id
      where m.deletion is null and r.deleted_at is null
    ) as bytes`)
  return row?.bytes ?? 0
}

function referrer(label: string, subject: { digest: string; mediaType: string; bytes: Uint8Array }): Image {
  return image(label, { artifactType: 'application/x.test', subject: descriptor(subject, subject.mediaType) })
}

describe('rules', () => {
  test('are added, listed as they were written, and removed', async () => {
    const rule = { repositories: 'app*', tags: 'v*', keep: { lastPushed: 3, pulledWithin: '7d' }, untagged: '14d' }
    const id = await addRule(rule)
    const { items } = json<{ items: Record<string, unknown>[] }>(await api('GET', inProject()), 200)
    expect(items).toEqual([expect.objectContaining({ id, ...rule })])
    expect(await api('DELETE', `${inProject()}/${id}`)).toHaveProperty('status', 204)
    expect(await api('DELETE', `${inProject()}/${id}`)).toHaveProperty('status', 404)
    for (const bad of [{}, { tags: '*' }, { tags: '*', keep: { lastPushed: 0 } }, { untagged: '7x' }])
      expect(await api('POST', inProject(), bad)).toHaveProperty('status', 400)
  })

  test('fifty at most', async () => {
    for (let n = 0; n < 50; n++) await addRule({ tags: '*', keep: { lastPushed: 1 } })
    expect(await api('POST', inProject(), { tags: '*', keep: {} })).toHaveProperty('status', 409)
  })

  test('only those who manage the project change them', async () => {
    const reader = await world.user(`reader${cases}`)
    await world.grant(project.name, `user:${reader.name}`, 'maintainer')
    expect(await world.api('GET', inProject(), reader.basic)).toHaveProperty('status', 200)
    for (const path of [inProject(), `${inProject()}/run`, `${inProject()}/preview`])
      expect(await world.api('POST', path, reader.basic, { tags: '*', keep: {} })).toHaveProperty('status', 403)
  })

  test('the longest time for manifests without a name counts', async () => {
    const { reader } = world.m.database
    expect(await untaggedOverride(reader, target.name)).toBeUndefined()
    await addRule({ untagged: '7d' })
    await addRule({ untagged: '2d', repositories: 'ap*' })
    await addRule({ untagged: '30d', repositories: 'other' })
    expect(await untaggedOverride(reader, target.name)).toBe(7 * DAY)
    await addRule({ untagged: 'never', repositories: 'app' })
    expect(await untaggedOverride(reader, target.name)).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('what goes', () => {
  test('an index with its children, its signatures and theirs; nothing that is kept loses a part', async () => {
    const label = project.name
    const [arm, amd, shared] = [image(`${label}/arm`), image(`${label}/amd`), image(`${label}/shared`)]
    for (const one of [arm, amd, shared]) await pushImage(target, one)
    const list = (...of: Image[]) => index(of.map(({ manifest }) => descriptor(manifest, m.OCI_MANIFEST)))
    const [old, fresh] = [list(arm, amd, shared), list(shared)]
    await m.putManifest(target, 'v1', old)
    const signature = referrer(`${label}/signature`, old)
    await pushImage(target, signature)
    const sbom = referrer(`${label}/sbom`, { ...signature.manifest })
    await pushImage(target, sbom)
    const about = (digest: string, ending: string) => `${digest.replace(':', '-')}.${ending}`
    const cosign = image(`${label}/cosign`)
    await pushImage(target, cosign, about(old.digest, 'sig'))
    world.clock.advance(DAY)
    await m.putManifest(target, 'v2', fresh)
    const keptSignature = image(`${label}/cosign2`)
    await pushImage(target, keptSignature, about(fresh.digest, 'sig'))
    const keptReferrer = referrer(`${label}/kept`, fresh)
    await pushImage(target, keptReferrer)
    const beside = image(`${label}/beside`)
    await pushImage(target, beside, about(`sha256:${'0'.repeat(64)}`, 'sig'))

    await addRule({ tags: '*', keep: { lastPushed: 2 } })
    // Signatures of what is there are not counted; the one of nothing is.
    await addRule({ tags: 'v*', keep: { lastPushed: 1 } })
    const told = await preview()
    const inUse = await bytesInUse()
    const done = await run()
    expect(await tagsNow()).toEqual([about(`sha256:${'0'.repeat(64)}`, 'sig'), about(fresh.digest, 'sig'), 'v2'])
    const stays = [fresh, ...[shared, keptSignature, keptReferrer, beside].map(({ manifest }) => manifest)]
    expect([...(await manifestsNow())].sort()).toEqual(stays.map(({ digest }) => digest).sort())
    expect(done.items).toEqual([expect.objectContaining({ tags: 2, manifests: 6 })])
    expect(told).toMatchObject({ tags: 2, manifests: 6, bytes: inUse - (await bytesInUse()), truncated: false })
    const deletions = await world.query('select * from deletions where repository_id = ?', await repositoryId())
    expect(deletions).toEqual([
      expect.objectContaining({
        kind: 'retention',
        reason: expect.stringContaining('of the project'),
        actor_name: 'root-ann',
      }),
    ])
  })

  test('an immutable tag and an image in use stay, and it is said why', async () => {
    const [fixed, used, free] = ['fixed', 'used', 'free'].map((name) => image(`${project.name}/${name}`))
    for (const [name, one] of Object.entries({ fixed, used, free })) await pushImage(target, found(one), name)
    await addImmutability(world.m, BY, project, { tags: 'fixed', repositories: '' })
    const images = [`${target.name}@${found(used).manifest.digest}`]
    const protection = await api('PUT', `/projects/${project.name}/protections/cluster`, { images, for: 3600 })
    expect(json(protection, 200)).toMatchObject({ images: 1, missing: [] })
    await addRule({ tags: '*', keep: {} })
    const { items } = await preview()
    const kept = (tag: string, one: Image, reason: string) =>
      ({ repository: target.name, tag, digest: one.manifest.digest, reason: expect.stringContaining(reason) }) as never
    expect(items.keptTags).toEqual([kept('fixed', found(fixed), 'immutable'), kept('used', found(used), 'cluster')])
    await run()
    expect(await tagsNow()).toEqual(['fixed', 'used'])
    expect(await manifestsNow()).toEqual(new Set([fixed, used].map((one) => found(one).manifest.digest)))
    expect(await explain('fixed')).toMatchObject({ verdict: 'kept', keptBy: expect.stringContaining('immutable') })
    expect(await explain('used')).toMatchObject({ verdict: 'kept', keptBy: expect.stringContaining('cluster') })
    world.clock.advance(3_600_001)
    await run()
    expect(await tagsNow()).toEqual(['fixed'])
  })

  test('a manifest with another tag keeps it, and only the selected tag goes', async () => {
    const one = image(`${project.name}/one`)
    await pushImage(target, one, 'dev-1')
    await m.putManifest(target, 'release', one.manifest)
    await addRule({ tags: 'dev-*', keep: {} })
    expect(await explain('dev-1')).toMatchObject({
      verdict: 'goes',
      manifest: { goes: false, reason: 'the tag release names it' },
    })
    expect(await preview()).toMatchObject({ tags: 1, manifests: 0, bytes: 0 })
    await run()
    expect([await tagsNow(), (await manifestsNow()).has(one.manifest.digest)]).toEqual([['release'], true])
  })

  test('what was pushed again between the look and the removal stays', async () => {
    const [moved, again] = [image(`${project.name}/moved`), image(`${project.name}/again`)]
    await pushImage(target, moved, 'moved')
    await pushImage(target, again, 'again')
    const { registry: inner } = world.app
    const spot = { repository: target.name, repositoryId: await repositoryId() }
    const tags = await world.query<{ tag: never; digest: Digest; pushedAt: number }>(
      'select name as tag, digest, updated_at as "pushedAt" from tags where repository_id = ?',
      spot.repositoryId,
    )
    const going = await whatGoes(inner, inner.database.reader, spot, { tags })
    expect([going.tags.length, going.manifests.length]).toEqual([2, 2])
    world.clock.advance(1000)
    const other = image(`${project.name}/other`)
    await pushImage(target, other, 'moved')
    await m.putManifest(target, 'again', again.manifest)
    const removal = { ...spot, actor: OPERATOR, kind: 'retention', reason: 'a test' } as const
    expect(await removeGoing(inner, removal, going)).toEqual({ tags: 0, manifests: 0, deletion: undefined })
    expect(await tagsNow()).toEqual(['again', 'moved'])
    expect((await manifestsNow()).size).toBe(3)
  })

  test('a rule does not remove what is pushed again while it is applied', async () => {
    const again = image(`${project.name}/again`)
    await pushImage(target, again, 'again')
    await pushImage(target, image(`${project.name}/left`), 'left')
    let push = async () => {
      push = async () => undefined
      world.clock.advance(1000)
      check(await m.putManifest(target, 'again', again.manifest), { status: 201 })
    }
    const keepsIn = async () => {
      await push()
      return {}
    }
    const last: Guard = { name: 'last', check: async () => undefined, keepsIn }
    const inner = { ...world.app.registry, guards: [...world.app.registry.guards, last] }
    const onFailure = (_: RepositoryName, error: unknown) => {
      throw error
    }
    await applyRules(inner, project, [await parseRule({ tags: '*', keep: {} })], { actor: OPERATOR, onFailure })
    expect(await tagsNow()).toEqual(['again'])
  })

  test('an index that was pushed meanwhile keeps its child', async () => {
    const child = image(`${project.name}/child`)
    await pushImage(target, child, 'child')
    const { registry: inner } = world.app
    const spot = { repository: target.name, repositoryId: await repositoryId() }
    const tag = { tag: 'child' as never, digest: parseDigest(child.manifest.digest) }
    const going = await whatGoes(inner, inner.database.reader, spot, { tags: [tag] })
    await m.putManifest(target, 'list', index([descriptor(child.manifest, m.OCI_MANIFEST)]))
    const removal = { ...spot, actor: OPERATOR, kind: 'retention', reason: 'a test' } as const
    expect(await removeGoing(inner, removal, going)).toMatchObject({ manifests: 0 })
    expect((await manifestsNow()).has(child.manifest.digest)).toBe(true)
  })

  test('many tags on one manifest go in parts, as one deletion', async () => {
    const one = image(`${project.name}/many`)
    await pushImage(target, one, 't0')
    for (let n = 1; n < 250; n++) await m.putManifest(target, `t${n}`, one.manifest)
    await addRule({ tags: 't*', keep: {} })
    expect(await preview()).toMatchObject({ tags: 250, manifests: 1 })
    expect((await run()).items).toEqual([expect.objectContaining({ tags: 250, manifests: 1 })])
    expect(await tagsNow()).toEqual([])
    const events = await world.query<{ n: number }>(
      'select count(distinct deletion) as n from tag_events where repository_id = ? and digest is null',
      await repositoryId(),
    )
    expect(events).toEqual([{ n: 1 }])
  })
})

describe('figures', () => {
  const node = fc.record({
    kind: fc.constantFrom('image', 'image', 'index', 'referrer', 'cosign'),
    layer: fc.nat(3),
    on: fc.array(fc.nat(11), { minLength: 1, maxLength: 3 }),
    tags: fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { maxLength: 2 }),
    elsewhere: fc.boolean(),
  })
  type Node = typeof node extends fc.Arbitrary<infer Made> ? Made : never

  /** Pushes one more manifest on top of those that were made before, with its tags. */
  async function pushNode(each: Node, made: readonly m.Manifest[]): Promise<m.Manifest> {
    const { kind, layer, on, tags, elsewhere } = each
    const named = on.flatMap((at) => made[at % Math.max(made.length, 1)] ?? [])
    const unique = `${SEED}/${project.name}/${made.length}`
    const config = content(JSON.stringify({ unique }))
    const shared = content(`${project.name} layer ${layer}`)
    const body = {
      schemaVersion: 2,
      mediaType: m.OCI_MANIFEST,
      config: descriptor(config, m.OCI_CONFIG),
      layers: [descriptor(shared, m.OCI_LAYER)],
    }
    const manifest =
      kind === 'index' ? indexOf(named, unique, body) : imageOf(kind === 'referrer' ? named[0] : undefined, body)
    const signatures = kind === 'cosign' ? named.slice(0, 1).map(signatureTag) : []
    await pushWith(target, [config, shared], { manifest, tags: [manifest.digest, ...tags, ...signatures] })
    if (elsewhere && layer === 0) {
      const other = { registry, name: parseRepositoryName(`${project.name}/other`) }
      await pushWith(other, [config, shared], { manifest: imageOf(undefined, body), tags: ['kept'] })
    }
    return manifest
  }

  const signatureTag = ({ digest }: m.Manifest) => `${digest.replace(':', '-')}.sig`

  async function pushWith(
    where: typeof target,
    blobs: readonly Content[],
    { manifest, tags }: { readonly manifest: m.Manifest; readonly tags: readonly string[] },
  ): Promise<void> {
    for (const blob of blobs) await pushBlob(where, blob)
    for (const tag of tags) check(await m.putManifest(where, tag, manifest), { status: 201 })
  }

  function imageOf(subject: m.Manifest | undefined, body: object): m.Manifest {
    const about = subject === undefined ? {} : { subject: descriptor(subject, subject.mediaType) }
    return manifestOf({ ...body, ...about }, m.OCI_MANIFEST)
  }

  function indexOf(named: readonly m.Manifest[], unique: string, body: object): m.Manifest {
    if (named.length === 0) return imageOf(undefined, body)
    const children = [...new Set(named)].map((child) => descriptor(child, child.mediaType))
    return index(children, { annotations: { unique } })
  }

  test('a preview is what then happens, whatever hangs on what', async () => {
    let runs = 0
    const property = fc.asyncProperty(
      fc.array(node, { minLength: 1, maxLength: 12 }),
      fc.constantFrom('a', '[abc]', '[a-e]', '.'),
      async (nodes, tags) => {
        project = await world.project(`random${cases++}`)
        target = { registry, name: parseRepositoryName(`${project.name}/app`) }
        const made: m.Manifest[] = []
        for (const each of nodes) made.push(await pushNode(each, made))
        const inner = world.app.registry
        const rules = [await parseRule({ tags: `regex:${tags}`, keep: {}, repositories: 'app' })]
        const before = [await tagsNow(), await manifestsNow()] as const
        const told = await previewRules(inner, project, rules, { limit: 1000 })
        const inUse = await bytesInUse()
        await applyRules(inner, project, rules, {
          actor: OPERATOR,
          onFailure: (_, error) => {
            throw error
          },
        })
        const after = [await tagsNow(), await manifestsNow()] as const
        const gone = <T>(was: Iterable<T>, is: Iterable<T>) => [...was].filter((each) => !new Set(is).has(each)).sort()
        expect(told.items.tags.map(({ tag }) => tag as string).sort()).toEqual(gone(before[0], after[0]))
        expect(told.items.manifests.map(({ digest }) => digest).sort()).toEqual(gone(before[1], after[1]))
        expect(told.bytes).toBe(inUse - (await bytesInUse()))
        await checkNothingMissing()
        if (told.tags > 0 && told.manifests > 1) runs++
      },
    )
    await fc.assert(property, { numRuns: 60, seed: SEED })
    expect(runs).toBeGreaterThan(4)
  })

  /** Every visible manifest has its children, its blobs and its subject, if that was ever there. */
  async function checkNothingMissing(): Promise<void> {
    const id = await repositoryId()
    const missing = await world.query(
      `select c.parent, c.child from manifest_children c
       join manifests p on p.repository_id = c.repository_id and p.digest = c.parent and p.deletion is null
       join manifests k on k.repository_id = c.repository_id and k.digest = c.child and k.deletion is not null
       where c.repository_id = ?`,
      id,
    )
    const referrers = await world.query(
      `select r.digest from manifests r join manifests s on s.repository_id = r.repository_id and s.digest = r.subject
       where r.repository_id = ? and r.deletion is not null and s.deletion is null`,
      id,
    )
    const signatures = await world.query(
      `select e.tag from tag_events e join manifests s on s.repository_id = e.repository_id
       and e.tag = replace(s.digest, ':', '-') || '.sig'
       where e.repository_id = ? and e.digest is null and s.deletion is null`,
      id,
    )
    expect([missing, referrers, signatures]).toEqual([[], [], []])
  }

  test('deleting tags, manifests or everything is previewed too', async () => {
    const [one, two] = [image(`${project.name}/1`), image(`${project.name}/2`)]
    await pushImage(target, one, 'one')
    await pushImage(target, two, 'two')
    await m.putManifest(target, 'also', two.manifest)
    const sizeOf = ({ config, layer, manifest }: Image) =>
      config.bytes.length + layer.bytes.length + manifest.bytes.length
    const ask = async (body: unknown) => json<Figures>(await api('POST', `${inRepository()}/preview-delete`, body), 200)
    expect(await ask({ tags: ['one'] })).toMatchObject({ tags: 1, manifests: 1, bytes: sizeOf(one) })
    expect(await ask({ tags: ['two'] })).toMatchObject({ tags: 1, manifests: 0, bytes: 0 })
    expect(await ask({ digests: [two.manifest.digest] })).toMatchObject({ tags: 2, manifests: 1, bytes: sizeOf(two) })
    expect(await ask({ all: true })).toMatchObject({ tags: 3, manifests: 2, bytes: sizeOf(one) + sizeOf(two) })
    expect(await tagsNow()).toEqual(['also', 'one', 'two'])
    const copy = { registry, name: parseRepositoryName(`${project.name}/copy`) }
    await pushImage(copy, one, 'one')
    expect(await ask({ tags: ['one'] })).toMatchObject({ manifests: 1, bytes: one.manifest.bytes.length })
    const spot = { repository: copy.name, repositoryId: await repositoryId(copy.name) }
    expect(await previewRepository(world.app.registry, spot, {})).toMatchObject({ bytes: one.manifest.bytes.length })
    expect(
      await previewDelete(
        world.app.registry,
        spot,
        { tags: [], digests: [parseDigest(one.manifest.digest)] },
        { limit: 0 },
      ),
    ).toMatchObject({ tags: 1, manifests: 1, truncated: true })
    // Both repositories let go of it together.
    const rules = [await parseRule({ tags: 'one', keep: {} })]
    expect(await previewRules(world.app.registry, project, rules, { limit: 9 })).toMatchObject({
      tags: 2,
      bytes: sizeOf(one) + one.manifest.bytes.length,
    })
    expect(await api('POST', `${inRepository()}/preview-delete`, { tags: ['none'] })).toHaveProperty('status', 404)
    for (const nothing of [{}, { tags: [], digests: [] }, { limit: 5 }]) {
      const answer = await api('POST', `${inRepository()}/preview-delete`, nothing)
      expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('say what would be deleted')])
    }
  })

  test('tell nobody what is in repositories that he may not pull from', async () => {
    const secret = await world.project(`secret${cases++}`)
    const [known, hidden, shared] = ['known', 'hidden', 'shared'].map((name) => image(`${project.name}/${name}`))
    const secretly = { registry, name: parseRepositoryName(`${secret.name}/app`) }
    const beside = { registry, name: parseRepositoryName(`${project.name}/beside`) }
    const person = await world.user(`owner-${project.name}`)
    await world.grant(project.name, `user:${person.name}`, 'owner')
    for (const [tag, one] of Object.entries({ known, hidden, shared })) await pushImage(target, found(one), tag)
    for (const one of [hidden, shared]) await pushImage(secretly, found(one), 'v1')
    await pushImage(beside, found(shared), 'v1')
    const whole = (one?: Image) =>
      found(one).config.bytes.length + found(one).layer.bytes.length + found(one).manifest.bytes.length
    const rest = (one?: Image) => found(one).manifest.bytes.length
    const ask = async (by: Person, path: string, body: object) =>
      json<Figures>(await world.api('POST', path, by.basic, body), 200).bytes
    const tagsOf = (by: Person) =>
      Promise.all(
        ['known', 'hidden', 'shared'].map((tag) => ask(by, `${inRepository()}/preview-delete`, { tags: [tag] })),
      )
    expect(await tagsOf(person)).toEqual([whole(known), whole(hidden), rest(shared)])
    expect(await tagsOf(admin)).toEqual([whole(known), rest(hidden), rest(shared)])
    const seen = whole(known) + whole(hidden) + rest(shared)
    const rules = [{ repositories: 'app', tags: '*', keep: {} }]
    for (const [path, body] of [
      [`${inRepository()}/preview-delete`, { all: true }],
      [`${inProject()}/preview`, { rules }],
    ] as const) {
      expect([path, await ask(person, path, body)]).toEqual([path, seen])
      expect([path, await ask(admin, path, body)]).toEqual([path, seen - whole(hidden) + rest(hidden)])
    }
    await world.grant(secret.name, `user:${person.name}`, 'reader')
    expect(await tagsOf(person)).toEqual(await tagsOf(admin))
  })
})

describe('explain', () => {
  test('says by which rule, with which rank, and until when', async () => {
    for (const name of ['v1', 'v2', 'v3']) {
      await pushImage(target, image(`${project.name}/${name}`), name)
      world.clock.advance(DAY)
    }
    expect(await explain('v1')).toMatchObject({ verdict: 'kept', reason: 'no rule selects it', rules: [] })
    const byRank = await addRule({ tags: 'v*', keep: { lastPushed: 1 } })
    const byAge = await addRule({ tags: 'v2', keep: { pushedWithin: '30d' } })
    const now = world.clock.now().getTime()
    expect(await explain('v3')).toMatchObject({
      verdict: 'kept',
      rules: [{ id: byRank, conditions: [{ rank: 1, of: 3 }] }],
    })
    expect((await explain('v3')).goesAt).toBeUndefined()
    const until = new Date(now - 2 * DAY + 30 * DAY).toISOString()
    expect(await explain('v2')).toMatchObject({
      ...{ verdict: 'kept', goesAt: until },
      rules: [
        { id: byRank, keeps: false },
        { id: byAge, keeps: true, conditions: [{ until }] },
      ],
    })
    expect(await explain('v1')).toMatchObject({ verdict: 'goes', manifest: { goes: true } })
    world.clock.advance(28 * DAY)
    expect(await explain('v2')).toMatchObject({ verdict: 'goes' })
    expect(await api('GET', `${inRepository()}/tags/none/explain`)).toHaveProperty('status', 404)
  })

  test('says who uses an image to those who have rights in the project', async () => {
    project = await world.project(`open${cases++}`, true)
    target = { registry, name: parseRepositoryName(`${project.name}/app`) }
    const used = image(`${project.name}/used`)
    await pushImage(target, used, 'v1')
    const images = [`${target.name}@${used.manifest.digest}`]
    json(await api('PUT', `/projects/${project.name}/protections/cluster-7`, { images, for: 3600 }), 200)
    const reader = await world.user(`reader-${project.name}`)
    const stranger = await world.user(`stranger-${project.name}`)
    const auditor = await world.user(`auditor-${project.name}`, { systemRole: 'auditor' })
    await world.grant(project.name, `user:${reader.name}`, 'reader')
    const keptBy = async (headers: Readonly<Record<string, string>>) => {
      const answer = await world.api('GET', `${inRepository()}/tags/v1/explain`, headers)
      return [json<{ keptBy: string }>(answer, 200).keptBy, answer.text.includes('cluster-7')]
    }
    for (const headers of [{}, stranger.basic]) expect(await keptBy(headers)).toEqual(['in use', false])
    for (const { basic } of [reader, auditor, admin])
      expect(await keptBy(basic)).toEqual([expect.stringContaining('in use by cluster-7'), true])
  })

  test('a pull keeps', async () => {
    await pushImage(target, image(`${project.name}/pulled`), 'pulled')
    await pushImage(target, image(`${project.name}/left`), 'left')
    await addRule({ tags: '*', keep: { pulledWithin: '7d' } })
    world.clock.advance(30 * DAY)
    check(await registry.send('GET', m.manifestPath(target.name, 'pulled')), { status: 200 })
    await run()
    expect(await tagsNow()).toEqual(['pulled'])
  })
})

describe('expiry', () => {
  const job = async (name: string) => found((await world.app.jobs()).find((each) => each.name === name)).run()

  const labelled = (label: string, age: string): Image => {
    const plain = image(label)
    const config = content(JSON.stringify({ label, config: { Labels: { 'quay.expires-after': age } } }))
    const body = { ...plain.body, config: descriptor(config, m.OCI_CONFIG) }
    return { ...plain, config, body, manifest: manifestOf(body, m.OCI_MANIFEST) }
  }
  const expiryPath = (tag: string) => `${inRepository()}/tags/${tag}/expiry`
  const inMs = (ms: number) => new Date(world.clock.now().getTime() + ms).toISOString()

  test('a label or an annotation says when a tag goes; a push of something else voids it', async () => {
    await pushImage(target, labelled(`${project.name}/a`, '2d'), 'label')
    await pushImage(target, labelled(`${project.name}/b`, 'soon'), 'malformed')
    await pushImage(target, image(`${project.name}/c`, { annotations: { 'quay.expires-after': '1w' } }), 'annotation')
    await pushImage(target, labelled(`${project.name}/d`, '1h'), 'replaced')
    await pushImage(target, image(`${project.name}/e`), 'replaced')
    const now = world.clock.now().getTime()
    expect((await explain('label')).expiresAt).toBe(new Date(now + 2 * DAY).toISOString())
    expect((await explain('annotation')).expiresAt).toBe(new Date(now + 7 * DAY).toISOString())
    for (const tag of ['malformed', 'replaced']) expect((await explain(tag)).expiresAt).toBeUndefined()
    world.clock.advance(3 * DAY)
    expect(await explain('label')).toMatchObject({ verdict: 'goes' })
    await job('expiry')
    expect(await tagsNow()).toEqual(['annotation', 'malformed', 'replaced'])
    const [deletion] = await world.query<{ kind: string }>(
      'select kind from deletions where repository_id = ?',
      await repositoryId(),
    )
    expect(deletion?.kind).toBe('expired')
  })

  test('a date of a user; an immutable tag does not expire', async () => {
    const one = image(`${project.name}/one`)
    for (const tag of ['goes', 'fixed', 'kept']) await pushImage(target, image(`${project.name}/${tag}`), tag)
    await pushImage(target, one, 'deleted')
    await addImmutability(world.m, BY, project, { tags: 'fixed', repositories: '' })
    const at = new Date(world.clock.now().getTime() + DAY).toISOString()
    const path = (tag: string) => `${inRepository()}/tags/${tag}/expiry`
    for (const tag of ['goes', 'fixed', 'kept', 'deleted'])
      expect(await api('PUT', path(tag), { at })).toHaveProperty('status', 204)
    expect(await api('DELETE', path('kept'))).toHaveProperty('status', 204)
    expect(await api('PUT', path('none'), { at })).toHaveProperty('status', 404)
    expect(await api('PUT', path('goes'), { at: new Date(0).toISOString() })).toHaveProperty('status', 400)
    check(await registry.send('DELETE', m.manifestPath(target.name, 'deleted')), { status: 202 })
    await pushImage(target, one, 'deleted')
    world.clock.advance(2 * DAY)
    await job('expiry')
    expect(await tagsNow()).toEqual(['deleted', 'fixed', 'kept'])
  })

  test('a date that is taken back or put off while others expire holds', async () => {
    const again = labelled(`${project.name}/again`, '1d')
    const [signed, signature] = [image(`${project.name}/signed`), image(`${project.name}/signature`)]
    for (const tag of ['goes', 'later', 'never']) await pushImage(target, image(`${project.name}/${tag}`), tag)
    for (const tag of ['goes', 'later', 'never'])
      check(await api('PUT', expiryPath(tag), { at: inMs(DAY) }), { status: 204 })
    // Too many on one manifest to go with it at once.
    for (let n = 0; n < 30; n++) {
      await pushImage(target, signed, `many${n}`)
      check(await api('PUT', expiryPath(`many${n}`), { at: inMs(DAY) }), { status: 204 })
    }
    await pushImage(target, signature, `${signed.manifest.digest.replace(':', '-')}.sig`)
    await pushImage(target, again, 'again')
    world.clock.advance(2 * DAY)
    const inner = world.app.registry
    let changes = async () => {
      changes = async () => undefined
      for (const tag of ['never', 'many0', 'many29']) check(await api('DELETE', expiryPath(tag)), { status: 204 })
      check(await api('PUT', expiryPath('later'), { at: inMs(DAY) }), { status: 204 })
      check(await m.putManifest(target, 'again', again.manifest), { status: 201 })
    }
    // What goes is settled after every guard was asked.
    const keepsIn = async () => {
      await changes()
      return {}
    }
    const last: Guard = { name: 'last', check: async () => undefined, keepsIn }
    const errors: unknown[] = []
    const onFailure = (_: RepositoryName, error: unknown) => void errors.push(error)
    const applied = await removeExpired({ ...inner, guards: [...inner.guards, last] }, { onFailure })
    expect([errors, applied.filter(({ repository }) => repository === target.name).length]).toEqual([[], 1])
    const kept = ['again', 'later', 'many0', 'many29', 'never']
    const now = await tagsNow()
    expect(now).toEqual(expect.arrayContaining(kept))
    expect(now.some((tag) => tag.endsWith('.sig'))).toBe(true)
    expect(now).not.toContain('goes')
    await job('expiry')
    expect((await tagsNow()).filter((tag) => !tag.startsWith('sha256-'))).toEqual(kept)
    expect((await manifestsNow()).has(signature.manifest.digest)).toBe(true)
  })

  test('pushing the same again only puts off the date of a label', async () => {
    const one = labelled(`${project.name}/one`, '2d')
    for (const tag of ['label', 'owner', 'never']) await pushImage(target, one, tag)
    check(await api('PUT', expiryPath('owner'), { at: inMs(9 * DAY) }), { status: 204 })
    check(await api('DELETE', expiryPath('never')), { status: 204 })
    const owners = (await explain('owner')).expiresAt
    const pusher = await world.user(`pusher-${project.name}`)
    await world.grant(project.name, `user:${pusher.name}`, 'pull,push')
    const by = { registry: world.with(pusher.basic), name: target.name }
    world.clock.advance(DAY)
    for (const tag of ['label', 'owner', 'never']) check(await m.putManifest(by, tag, one.manifest), { status: 201 })
    expect((await explain('label')).expiresAt).toBe(inMs(2 * DAY))
    expect(await explain('owner')).toMatchObject({ expiresAt: owners, expirySource: 'user' })
    expect((await explain('never')).expiresAt).toBeUndefined()
    world.clock.advance(-DAY)
    check(await m.putManifest(by, 'label', one.manifest), { status: 201 })
    expect((await explain('label')).expiresAt).toBe(inMs(3 * DAY))
    // Something else under the tag is another matter.
    await pushImage(target, labelled(`${project.name}/two`, '3d'), 'owner')
    expect(await explain('owner')).toMatchObject({ expiresAt: inMs(3 * DAY), expirySource: 'label' })
  })

  test('an index goes when the longest of its images says, if all of them do', async () => {
    const [short, long] = [labelled(`${project.name}/short`, '2d'), labelled(`${project.name}/long`, '3d')]
    const [silent, attestation] = [image(`${project.name}/silent`), image(`${project.name}/attestation`)]
    for (const each of [short, long, silent, attestation]) await pushImage(target, each)
    const of = ({ manifest }: Image) => descriptor(manifest, m.OCI_MANIFEST)
    const unknown = { ...of(attestation), platform: { os: 'unknown', architecture: 'unknown' } }
    const marked = { ...of(silent), annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } }
    const expiryOf = async (tag: string, list: m.Manifest) => {
      check(await m.putManifest(target, tag, list), { status: 201 })
      return (await explain(tag)).expiresAt
    }
    const annotations = { 'quay.expires-after': '5d' }
    expect(await expiryOf('all', index([of(short), unknown, of(long), marked]))).toBe(inMs(3 * DAY))
    expect(await expiryOf('some', index([of(short), of(silent)]))).toBeUndefined()
    expect(await expiryOf('none', index([unknown]))).toBeUndefined()
    expect(await expiryOf('empty', index([]))).toBeUndefined()
    expect(await expiryOf('itself', index([of(short)], { annotations }))).toBe(inMs(5 * DAY))
    const nested = index([of(short)])
    check(await m.putManifest(target, nested.digest, nested), { status: 201 })
    expect(await expiryOf('nested', index([descriptor(nested, m.OCI_INDEX), of(short)]))).toBeUndefined()
    const thirty = Array.from({ length: 31 }, (_, n) => labelled(`${project.name}/${n}`, '1d'))
    for (const each of thirty) await pushImage(target, each)
    expect(await expiryOf('thirty', index(thirty.slice(1).map(of)))).toBe(inMs(DAY))
    expect(await expiryOf('more', index(thirty.map(of)))).toBeUndefined()
  })

  test('the longest times are a century, and can be written', async () => {
    await pushImage(target, labelled(`${project.name}/long`, '999999w'), 'label')
    expect((await explain('label')).expiresAt).toBe(inMs(100 * 365 * DAY))
    await addRule({ tags: 'label', keep: { pushedWithin: '999999w' } })
    const [rule] = (await explain('label')).rules
    expect(rule?.conditions).toEqual([expect.objectContaining({ until: '9999-12-31T23:59:59.999Z' })])
    check(await api('PUT', expiryPath('label'), { at: '9999-12-31T23:59:59-10:00' }), { status: 204 })
    expect((await explain('label')).expiresAt).toBe('9999-12-31T23:59:59.999Z')
  })

  test('the job applies the rules of every project, not in deleted repositories', async () => {
    await pushImage(target, image(`${project.name}/one`), 'one')
    const gone = { registry, name: parseRepositoryName(`${project.name}/gone`) }
    await pushImage(gone, image(`${project.name}/two`), 'two')
    const below = await world.project(`${project.name}/below`)
    const inBelow = { registry, name: parseRepositoryName(`${below.name}/app`) }
    await pushImage(inBelow, image(`${project.name}/three`), 'three')
    await addRule({ tags: '*', keep: {} })
    const id = await repositoryId(gone.name)
    const { deleteRepository } = await import('../../src/registry/delete-content.ts')
    await deleteRepository(world.app.registry, { repository: gone.name, actor: OPERATOR }, '')
    await job('retention')
    expect(await tagsNow()).toEqual([])
    expect(await world.query('select name from tags where repository_id = ?', id)).toEqual([{ name: 'two' }])
    expect(await manifestsNow(inBelow.name)).toHaveProperty('size', 1)
  })
})
