import { afterAll, beforeAll, describe, expect, it } from 'bun:test'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf } from '../../../test/support/inventories.ts'
import type { ExternalScanner, ScanTarget } from './external-scanner.ts'
import { createGrype } from './grype.ts'
import { withPurls } from './purls.ts'
import { runTool } from './run-tool.ts'
import type { ToolOptions } from './tool-scanner.ts'
import { createTrivy } from './trivy.ts'

// Neither Trivy nor Grype can be had here: these are shell scripts in their place, and reports that were written for this
// test after the fields of their public schemas.

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-tools-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const never = new AbortController().signal
const PASSWORD = 'canary-password-2'
const basic = `Basic ${Buffer.from(`robot:${PASSWORD}`).toString('base64')}`
const TARGET: ScanTarget = {
  ...{ registryUrl: 'http://127.0.0.1:5000', authorization: basic, repository: 'team/shop', digest: digestOf(1) },
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
}
const REFERENCE = `127.0.0.1:5000/team/shop@${TARGET.digest}`

/** Answers with these texts by its first argument, and notes what it was started with. */
function fake(name: string, answers: Readonly<Record<string, string>>, end = 'exit 0'): ToolOptions {
  const program = join(folder, name)
  const cases = Object.entries(answers).map(([word, text], n) => {
    const path = join(folder, `${name}.${n}`)
    writeFileSync(path, text)
    return `${word}) cat ${path};;`
  })
  const notes = `printf "%s\\n" "$@" > ${program}.args; env > ${program}.env`
  writeFileSync(program, `#!/bin/sh\n${notes}\ncase "$1" in\n${cases.join('\n')}\nesac\n${end}\n`)
  chmodSync(program, 0o755)
  return {
    ...{ name: `my-${name}`, program, folder: join(folder, `${name}-home`), timeoutMs: 20_000, run: runTool },
    ...{ skipUpdate: false, insecure: false },
    environment: { PATH: '/usr/bin:/bin', HTTPS_PROXY: 'http://proxy:1', AWS_SECRET_ACCESS_KEY: 'canary-of-ours' },
  }
}

function startedWith({ program }: ToolOptions) {
  const env = readFileSync(`${program}.env`, 'utf8').trim().split('\n')
  const pairs = env.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const)
  return { args: readFileSync(`${program}.args`, 'utf8').trim().split('\n'), env: Object.fromEntries(pairs) }
}

async function problemOf(scanner: ExternalScanner, target = TARGET): Promise<string> {
  return scanner.scan(target, never).then(
    () => 'it went well',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
}

const TRIVY_REPORT = JSON.stringify({
  SchemaVersion: 2,
  ArtifactName: REFERENCE,
  Metadata: { OS: { Family: 'debian', Name: '12.1' } },
  Results: [
    { Target: 'debian', Class: 'os-pkgs', Type: 'debian' },
    {
      ...{ Target: 'Node.js', Class: 'lang-pkgs', Type: 'node-pkg' },
      Vulnerabilities: [
        {
          ...{ VulnerabilityID: 'CVE-2026-1000', VendorIDs: ['GHSA-xxxx-yyyy-zzzz'], PkgName: 'left' },
          ...{ PkgIdentifier: { PURL: 'pkg:npm/left@1.0.0', UID: 'ab' }, InstalledVersion: '1.0.0' },
          ...{ FixedVersion: '1.0.1, 2.0.0', Status: 'fixed', SeveritySource: 'ghsa', Title: 'Reads too far' },
          ...{ Severity: 'HIGH', PublishedDate: '2026-01-02T03:04:05Z', Description: 'Long.' },
          CVSS: { nvd: { V3Vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N', V3Score: 7.5 } },
        },
      ],
    },
  ],
})

describe('trivy', () => {
  it('is told what to scan, and who we are by its environment alone', async () => {
    const options = fake('trivy', { image: TRIVY_REPORT })
    const server = 'https://trivy.example'
    await createTrivy({ ...options, skipUpdate: true, server, dbRepository: 'r.example/trivy-db:2' }).scan(
      TARGET,
      never,
    )
    const { args, env } = startedWith(options)
    expect(args.join(' ')).toBe(
      `image --quiet --format json --scanners vuln --image-src remote --timeout 20s --server ${server} --skip-db-update --skip-java-db-update --offline-scan --insecure --db-repository r.example/trivy-db:2 ${REFERENCE}`,
    )
    expect(env).toMatchObject({
      ...{ TRIVY_USERNAME: 'robot', TRIVY_PASSWORD: PASSWORD, TRIVY_NON_SSL: 'true', HTTPS_PROXY: 'http://proxy:1' },
      ...{ HOME: options.folder, TRIVY_CACHE_DIR: `${options.folder}/cache` },
    })
    expect(JSON.stringify(env)).not.toContain('canary-of-ours')
    await createTrivy(options).scan({ ...TARGET, authorization: 'Bearer abc', registryUrl: 'https://r.example' }, never)
    expect(startedWith(options).env).toMatchObject({ TRIVY_REGISTRY_TOKEN: 'abc' })
    expect(startedWith(options).args).not.toContain('--insecure')
  })

  it('its report is read, and kept as it came', async () => {
    const { report, raw } = await createTrivy(fake('trivy', { image: TRIVY_REPORT })).scan(TARGET, never)
    expect(Buffer.from(raw).toString()).toBe(TRIVY_REPORT)
    expect(report.state).toBe('complete')
    expect(report.findings).toEqual([
      {
        ...{ vulnerability: 'CVE-2026-1000', aliases: ['GHSA-xxxx-yyyy-zzzz'], summary: 'Reads too far' },
        ...{ severity: 'high', purl: 'pkg:npm/left@1.0.0', package: 'left', version: '1.0.0' },
        ...{ fixedVersion: '1.0.1, 2.0.0', advisory: 'GHSA-xxxx-yyyy-zzzz', scanner: 'my-trivy' },
        published: new Date('2026-01-02T03:04:05Z'),
        ratings: [
          { source: 'ghsa', severity: 'high' },
          {
            ...{ source: 'nvd cvss-v3', severity: 'high', score: 7.5 },
            vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N',
          },
        ],
      },
    ])
  })

  it('does not call good what it did not understand, or what nobody supports', async () => {
    const empty = fake('trivy', { image: JSON.stringify({ SchemaVersion: 2, Results: null }) })
    expect((await createTrivy(empty).scan(TARGET, never)).report).toMatchObject({ state: 'unsupported', findings: [] })
    const os = { Family: 'alpine', Name: '3.10', EOSL: true }
    const old = fake('trivy', { image: JSON.stringify({ SchemaVersion: 2, Metadata: { OS: os }, Results: [{}] }) })
    expect((await createTrivy(old).scan(TARGET, never)).report).toMatchObject({
      ...{ state: 'end-of-life', reasons: ['alpine 3.10 has no support any more'] },
    })
  })

  it('says how old its data is', async () => {
    const version = JSON.stringify({
      Version: '0.66.0',
      VulnerabilityDB: { Version: 2, UpdatedAt: '2026-11-20T00:00:00Z' },
    })
    expect(await createTrivy(fake('trivy', { version })).describe(never)).toMatchObject({
      ...{ name: 'Trivy', version: '0.66.0', dataUpdatedAt: new Date('2026-11-20T00:00:00Z') },
    })
  })

  it('that fails says why, without what it was told', async () => {
    const why = `FATAL\tcannot pull with robot:${PASSWORD} and ${basic}`
    const problem = await problemOf(createTrivy(fake('trivy', {}, `echo first >&2; echo '${why}' >&2; exit 1`)))
    expect(problem).toContain('failed (1): FATAL cannot pull with ***')
    for (const secret of [PASSWORD, basic]) expect(problem).not.toContain(secret)
  })

  it.each([
    ['nothing', ''],
    ['a page', '<html>'],
    ['another version', JSON.stringify({ SchemaVersion: 3, Results: [] })],
    ['a text for a list', JSON.stringify({ SchemaVersion: 2, Results: 'x' })],
    ['a finding without a name', JSON.stringify({ SchemaVersion: 2, Results: [{ Vulnerabilities: [{}] }] })],
    ['brackets without an end', '['.repeat(2_000_000)],
  ])('%s is no report', async (_what, text) => {
    expect(await problemOf(createTrivy(fake('trivy', { image: text })))).toContain('wrote something else than a report')
  })
})

const GRYPE_REPORT = JSON.stringify({
  matches: [
    {
      vulnerability: {
        ...{ id: 'GHSA-xxxx-yyyy-zzzz', dataSource: 'https://github.com', namespace: 'github:language:javascript' },
        ...{ severity: 'Medium', urls: [], description: 'Reads too far', fix: { versions: ['1.0.1'], state: 'fixed' } },
        cvss: [{ version: '3.1', vector: 'CVSS:3.1/AV:N', metrics: { baseScore: 5.3 }, vendorMetadata: {} }],
      },
      relatedVulnerabilities: [{ id: 'CVE-2026-1000', description: 'Long.' }],
      artifact: { id: 'a', name: 'left', version: '1.0.0', type: 'npm', purl: 'pkg:npm/left@1.0.0' },
    },
  ],
  descriptor: { name: 'grype', version: '0.90.0', db: { status: { built: '2026-11-19T00:00:00Z' } } },
})

describe('grype', () => {
  it('is told what to scan, and who we are by its environment alone', async () => {
    const options = fake('grype', { '--quiet': GRYPE_REPORT })
    await createGrype({ ...options, skipUpdate: true, insecure: true }).scan(TARGET, never)
    const { args, env } = startedWith(options)
    expect(args.join(' ')).toBe(`--quiet -o json registry:${REFERENCE}`)
    expect(env).toMatchObject({
      ...{ GRYPE_REGISTRY_AUTH_AUTHORITY: '127.0.0.1:5000', GRYPE_REGISTRY_AUTH_USERNAME: 'robot' },
      ...{ GRYPE_REGISTRY_AUTH_PASSWORD: PASSWORD, GRYPE_REGISTRY_INSECURE_USE_HTTP: 'true' },
      ...{ GRYPE_REGISTRY_INSECURE_SKIP_TLS_VERIFY: 'true', GRYPE_DB_AUTO_UPDATE: 'false', HOME: options.folder },
    })
  })

  it('its report is read: the CVE comes first', async () => {
    const { report } = await createGrype(fake('grype', { '--quiet': GRYPE_REPORT })).scan(TARGET, never)
    expect(report).toEqual({
      ...{ state: 'complete', reasons: [], dataUpdatedAt: new Date('2026-11-19T00:00:00Z') },
      findings: [
        {
          ...{ vulnerability: 'CVE-2026-1000', aliases: ['GHSA-xxxx-yyyy-zzzz'], summary: 'Reads too far' },
          ...{ severity: 'medium', purl: 'pkg:npm/left@1.0.0', package: 'left', version: '1.0.0' },
          ...{ fixedVersion: '1.0.1', advisory: 'GHSA-xxxx-yyyy-zzzz', scanner: 'my-grype' },
          ratings: [
            { source: 'github:language:javascript', severity: 'medium' },
            { source: 'cvss-v3.1', severity: 'medium', vector: 'CVSS:3.1/AV:N', score: 5.3 },
          ],
        },
      ],
    })
  })

  it('says who it is, also before it has data', async () => {
    const version = JSON.stringify({ application: 'grype', version: '0.90.0' })
    const built = JSON.stringify({ built: '2026-11-19T00:00:00Z', valid: true })
    expect(await createGrype(fake('grype', { version, db: built })).describe(never)).toMatchObject({
      ...{ name: 'Grype', version: '0.90.0', dataUpdatedAt: new Date('2026-11-19T00:00:00Z') },
    })
    const young = fake('grype', { version }, '[ "$1" != db ]')
    expect(await createGrype(young).describe(never)).not.toHaveProperty('dataUpdatedAt')
  })

  it.each(['', '{}', '{"matches":{}}', '{"matches":[{"artifact":{}}]}'])('%p is no report', async (text) => {
    const scanner = createGrype(fake('grype', { '--quiet': text }))
    expect(await problemOf(scanner)).toContain('wrote something else than a report')
  })
})

it('findings without a package URL get that of the image’s package, where it is one', () => {
  const finding = {
    ...{ vulnerability: 'CVE-1', aliases: [], summary: '', severity: 'low' as const, ratings: [], purl: '' },
    ...{ package: 'left', version: '1.0.0', advisory: 'CVE-1', scanner: 'x' },
  }
  const left = { type: 'npm' as const, name: 'left', version: '1.0.0' }
  const twin = { ...left, type: 'pypi' as const }
  expect(withPurls([finding], [left, left], undefined)[0]?.purl).toBe('pkg:npm/left@1.0.0')
  expect(withPurls([finding], [left, twin], undefined)[0]?.purl).toBe('')
  expect(withPurls([{ ...finding, purl: 'pkg:a/b' }], [left], undefined)[0]?.purl).toBe('pkg:a/b')
})
