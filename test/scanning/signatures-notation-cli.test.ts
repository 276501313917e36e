import { afterAll, expect, test } from 'bun:test'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { parseDigest } from '../../src/oci/digest.ts'
import { notationVerifier } from '../../src/trust/notation/verifier.ts'
import type { Subject, VerifiedSignature } from '../../src/trust/signature.ts'
import { describeClient, program } from '../clients/support/clients.ts'
import { must } from '../clients/support/command.ts'
import { useFolder } from '../clients/support/folder.ts'
import { LEAF, type Party, ROOT, STAMPER, Workshop } from './support/notation-authority.ts'
import { digestOf, failures, verifyManifest } from './support/notation-signatures.ts'

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const EMPTY = Buffer.from('{}')
const listing = z.object({ manifests: z.array(z.object({ digest: z.string(), size: z.number() })) })

/** The real command signs an image in a folder; its signatures are read from there. */
describeClient('signatures of the notation command', ['notation', 'openssl'], () => {
  const folder = useFolder()
  const workshop = new Workshop()
  afterAll(() => workshop.close())
  const layout = folder.at('layout')
  const blob = (digest: string) => join(layout, 'blobs', 'sha256', digest.replace('sha256:', ''))
  const options = {
    cwd: folder.path,
    env: { XDG_CONFIG_HOME: folder.at('config'), XDG_CACHE_HOME: folder.at('cache'), NOTATION_EXPERIMENTAL: '1' },
  }

  async function makeImage(title: string): Promise<Subject> {
    const descriptor = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(EMPTY), size: EMPTY.length }
    const image = {
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: descriptor,
      layers: [descriptor],
      annotations: { title },
    }
    const content = Buffer.from(JSON.stringify(image))
    const digest = digestOf(content)
    await mkdir(join(layout, 'blobs', 'sha256'), { recursive: true })
    await writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
    for (const bytes of [EMPTY, content]) await writeFile(blob(digestOf(bytes)), bytes)
    const manifests = [{ mediaType: MANIFEST, digest, size: content.length }]
    await writeFile(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }))
    return { digest, mediaType: MANIFEST, sizeBytes: content.length }
  }

  async function sign(subject: Subject, ...more: readonly string[]): Promise<void> {
    await must([program('notation'), 'sign', '--oci-layout', ...more, `${layout}@${subject.digest}`], options)
  }

  /** Makes somebody's key the one that notation signs with. */
  async function useKey(party: Party): Promise<void> {
    const config = folder.at('config', 'notation')
    await mkdir(config, { recursive: true })
    const key = { name: party.name, keyPath: join(config, 'k.key'), certPath: join(config, 'k.crt') }
    await writeFile(key.keyPath, party.key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
    await writeFile(key.certPath, [party, ...party.above].map(({ pem }) => pem).join(''))
    await writeFile(join(config, 'signingkeys.json'), JSON.stringify({ default: key.name, keys: [key] }))
  }

  /** What our verifier says of every signature in the layout. */
  async function verified(subject: Subject, body: object, now = new Date()): Promise<readonly VerifiedSignature[]> {
    const { manifests } = listing.parse(JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')))
    const reports: VerifiedSignature[] = []
    for (const { digest } of manifests) {
      const manifest = { digest: parseDigest(digest), content: await readFile(blob(digest)) }
      if (!notationVerifier.recognizes(manifest)) continue
      const anchors = [{ name: 'anchor', kind: 'notation' as const, body }]
      reports.push(
        ...(await verifyManifest(subject, manifest, { anchors, now, read: (layer) => readFile(blob(layer)) })),
      )
    }
    return reports
  }

  const body = (ca: string, changes: object = {}) => ({
    certificates: { ca: [ca] },
    identities: ['*'],
    level: 'strict',
    ...changes,
  })

  test('its test certificate, in both formats', async () => {
    const subject = await makeImage('generated')
    await must([program('notation'), 'cert', 'generate-test', '--default', 'berth.test'], options)
    for (const format of ['jws', 'cose']) await sign(subject, '--signature-format', format)
    const pem = await readFile(folder.at('config', 'notation', 'localkeys', 'berth.test.crt'), 'utf8')
    const reports = await verified(subject, body(pem))
    expect(reports.map(failures)).toEqual(['', ''])
    expect(reports.map(({ trustedBy }) => trustedBy)).toEqual([['anchor'], ['anchor']])
    expect(reports[0]?.signer.subject).toBe('CN=berth.test,O=Notary,L=Seattle,ST=WA,C=US')
    const named = { identities: ['x509.subject: C=US, ST=WA, O=Notary, CN=berth.test'] }
    expect((await verified(subject, body(pem, named)))[0]?.trustedBy).toEqual(['anchor'])
    const other = await verified({ ...subject, sizeBytes: subject.sizeBytes + 1 }, body(pem))
    expect(other.map(({ trustedBy }) => trustedBy)).toEqual([[], []])
  })

  test.each(['P-256', 'P-384', 'P-521', 2048, 3072, 4096] as const)(
    'a chain of three with %p, expiry and metadata',
    async (key) => {
      const root = workshop.issue({ name: 'root' })
      const middle = workshop.issue({ name: 'middle', extensions: ROOT }, root)
      const subject = await makeImage(String(key))
      await useKey(workshop.issue({ name: 'leaf', key, extensions: LEAF }, middle))
      for (const format of ['jws', 'cose'])
        await sign(subject, '--signature-format', format, '--expiry', '24h', '--user-metadata', 'build=7')
      const reports = await verified(subject, body(root.pem))
      expect(reports.map(failures)).toEqual(['', ''])
      expect(reports.map(({ trustedBy }) => trustedBy)).toEqual([['anchor'], ['anchor']])
      const late = await verified(subject, body(root.pem), new Date(Date.now() + 25 * 3_600_000))
      expect(late.map(({ trustedBy }) => trustedBy)).toEqual([[], []])
      const pinned = await verified(subject, body(middle.pem))
      expect(pinned.map(({ trustedBy }) => trustedBy)).toEqual([['anchor'], ['anchor']])
      const stranger = await verified(subject, body(workshop.issue({ name: 'root' }).pem))
      expect(stranger.map(({ trustedBy }) => trustedBy)).toEqual([[], []])
    },
  )

  test('with a time stamp, in both formats', async () => {
    const root = workshop.issue({ name: 'root' })
    const tsaRoot = workshop.issue({ name: 'tsa root', days: 400 })
    const tsa = workshop.issue({ name: 'tsa', extensions: STAMPER, key: 2048, days: 400 }, tsaRoot)
    await using server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: async (request) => {
        const reply = workshop.answerStampQuery(Buffer.from(await request.arrayBuffer()), tsa)
        return new Response(new Uint8Array(reply), { headers: { 'content-type': 'application/timestamp-reply' } })
      },
    })
    const subject = await makeImage('stamped')
    await useKey(workshop.issue({ name: 'leaf' }, root))
    await writeFile(folder.at('tsa.pem'), tsaRoot.pem)
    // The certificates are a second old, as the stamp is: its accuracy is its own.
    const stamping = ['--timestamp-url', server.url.href, '--timestamp-root-cert', folder.at('tsa.pem')]
    for (const format of ['jws', 'cose']) await sign(subject, '--signature-format', format, ...stamping)
    const certificates = { ca: [root.pem], tsa: [tsaRoot.pem] }
    const later = new Date(Date.now() + 60 * 24 * 3_600_000)
    const reports = await verified(subject, body(root.pem, { certificates }), later)
    expect(reports.map(failures)).toEqual(['', ''])
    expect(reports.map(({ trustedBy }) => trustedBy)).toEqual([['anchor'], ['anchor']])
    expect(reports.every(({ signedAt }) => signedAt !== undefined)).toBe(true)
    expect((await verified(subject, body(root.pem), later)).map(({ trustedBy }) => trustedBy)).toEqual([[], []])
  })
})
