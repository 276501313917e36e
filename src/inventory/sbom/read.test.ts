import { describe, expect, it } from 'bun:test'
import fc from 'fast-check'
import { runs, SEED } from '../../../test/properties/parameters.ts'
import { sampleInventory } from '../../../test/support/inventories.ts'
import { type ReadSbom, readSbom } from './read.ts'
import { writeCycloneDx } from './write-cyclonedx.ts'
import { writeSpdx } from './write-spdx.ts'

console.log(`sbom/read: BERTH_TEST_SEED=${SEED}`)

const read = (value: unknown): ReadSbom => readSbom(Buffer.from(JSON.stringify(value)))

const CYCLONEDX = {
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  metadata: {
    tools: { components: [{ name: 'trivy', version: '0.74.0' }] },
    component: { purl: 'pkg:oci/x@sha256:0' },
  },
  components: [
    {
      type: 'library',
      purl: 'pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12&upstream=openssl',
      licenses: [{ license: { id: 'Apache-2.0' } }, { license: { name: 'Other' } }, { expression: 'MIT OR X11' }],
      components: [{ type: 'library', purl: 'pkg:npm/%40types/node@20.1.0' }],
    },
    { type: 'library', purl: 'pkg:maven/org.a/b@1.0' },
    { type: 'library', purl: 'pkg:maven/org.a/b@1.0' },
    { type: 'operating-system', name: 'debian' },
  ],
}

const SPDX = {
  spdxVersion: 'SPDX-2.3',
  creationInfo: { creators: ['Organization: x', 'Tool: syft-1.20.0'] },
  relationships: [
    { relationshipType: 'DESCRIBES', spdxElementId: 'SPDXRef-DOCUMENT', relatedSpdxElement: 'SPDXRef-image' },
  ],
  packages: [
    { SPDXID: 'SPDXRef-image', name: 'image' },
    {
      SPDXID: 'SPDXRef-1',
      ...{ licenseDeclared: 'NOASSERTION', licenseConcluded: 'MIT' },
      externalRefs: [
        { referenceCategory: 'SECURITY', referenceType: 'cpe23Type', referenceLocator: 'cpe:2.3:a' },
        { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: 'pkg:pypi/urllib3@1.26.5' },
      ],
    },
  ],
}

describe('CycloneDX', () => {
  it('components and their parts, once each, in their order', () => {
    expect(read(CYCLONEDX)).toEqual({
      ...{ format: 'cyclonedx', formatVersion: '1.5', tool: 'trivy 0.74.0', problems: [] },
      packages: [
        {
          ...{ type: 'deb', name: 'libssl3', version: '3.0.11-1', arch: 'amd64' },
          source: { name: 'openssl', version: '3.0.11-1' },
          licenses: ['Apache-2.0', 'Other', 'MIT OR X11'],
          qualifiers: { distro: 'debian-12' },
        },
        { type: 'npm', name: '@types/node', version: '20.1.0' },
        { type: 'maven', name: 'org.a:b', version: '1.0' },
      ],
    })
  })

  it('the versions that are known, and the list of tools that older ones had', () => {
    for (const specVersion of ['1.2', '1.3', '1.4', '1.5', '1.6', '1.7'])
      expect(read({ ...CYCLONEDX, specVersion }).packages).toHaveLength(3)
    const metadata = { tools: [{ vendor: 'anchore', name: 'syft', version: '0.9' }] }
    expect(read({ ...CYCLONEDX, metadata }).tool).toBe('syft 0.9')
    expect(read({ ...CYCLONEDX, specVersion: '2.0' })).toEqual({
      ...{ format: 'unknown', packages: [] },
      problems: ['is cyclonedx of version 2.0, which is not read'],
    })
  })

  it('says what is left out', () => {
    const purls = [undefined, 'pkg:swift/a/b@1', 'pkg:hex/a@1', 'pkg:hex/b@1', 'pkg:npm/a', 'npm/a@1', 'pkg:npm/a%00@1']
    const components = purls.map((purl) => ({ type: 'library', purl }))
    expect(read({ ...CYCLONEDX, components })).toMatchObject({
      packages: [],
      problems: [
        '1 components have no package URL',
        '3 components have a package URL without a sound name and version',
        'has packages of kinds that are not known here: hex (2), swift (1)',
      ],
    })
  })
})

describe('SPDX', () => {
  it('packages by their URL, without the image itself', () => {
    expect(read(SPDX)).toEqual({
      ...{ format: 'spdx', formatVersion: '2.3', tool: 'syft-1.20.0', problems: [] },
      packages: [{ type: 'pypi', name: 'urllib3', version: '1.26.5', licenses: ['MIT'] }],
    })
    expect(read({ ...SPDX, spdxVersion: 'SPDX-2.2' }).packages).toHaveLength(1)
    expect(read({ ...SPDX, spdxVersion: 'SPDX-3.0' }).format).toBe('unknown')
  })
})

it('what Berth writes is what it reads, in both formats', () => {
  const inventory = sampleInventory()
  const options = { repository: 'team/shop', toolVersion: '9.9.9' }
  const keys = (packages: ReadSbom['packages']) =>
    [...new Set(packages.map(({ type, name, version }) => `${type} ${name} ${version}`))].sort()
  for (const bytes of [writeCycloneDx(inventory, options), writeSpdx(inventory, options)]) {
    const { packages, problems, tool } = readSbom(bytes)
    expect(keys(packages)).toEqual(keys(inventory.packages))
    expect(problems).toEqual([])
    expect(tool).toContain('berth')
  }
})

describe('what others wrap around it', () => {
  const statement = (predicateType: string, predicate: unknown) => ({
    ...{ _type: 'https://in-toto.io/Statement/v1', subject: [], predicateType, predicate },
  })
  const envelope = (value: unknown, payloadType = 'application/vnd.in-toto+json') => ({
    ...{ payloadType, payload: Buffer.from(JSON.stringify(value)).toString('base64'), signatures: [] },
  })

  it('is taken off: statements, envelopes, bundles', () => {
    const [spdx, cyclonedx] = [
      statement('https://spdx.dev/Document', SPDX),
      statement('https://cyclonedx.org/bom', CYCLONEDX),
    ]
    for (const value of [spdx, envelope(spdx), { mediaType: 'x', dsseEnvelope: envelope(spdx) }])
      expect(read(value)).toEqual(read(SPDX))
    expect(read(envelope(cyclonedx))).toEqual(read(CYCLONEDX))
    expect(read(statement('https://spdx.dev/Document/v2.3', { Data: SPDX, Timestamp: '' }))).toEqual(read(SPDX))
  })

  it('must be what it says', () => {
    const problemOf = (value: unknown) => read(value).problems[0]
    expect(problemOf(statement('https://slsa.dev/provenance/v1', {}))).toContain('no bill of materials')
    expect(problemOf(statement('https://spdx.dev/Document', CYCLONEDX))).toContain('something else in it')
    expect(problemOf(statement('https://spdx.dev/Document', 'text'))).toContain('something else in it')
    expect(problemOf(envelope(SPDX, 'text/plain'))).toContain('is an envelope of text/plain')
    expect(problemOf({ ...CYCLONEDX, spdxVersion: 'SPDX-2.3' })).toBe('says that it is CycloneDX and SPDX')
    // One wrapping of each kind, not turtles all the way down.
    expect(read(envelope(envelope(SPDX))).format).toBe('unknown')
    expect(problemOf({})).toBe('is neither CycloneDX nor SPDX in JSON')
  })
})

describe('hostile documents', () => {
  const problemOf = (text: string) => {
    const { format, packages, problems } = readSbom(Buffer.from(text))
    expect([format, packages]).toEqual(['unknown', []])
    return problems[0]
  }

  it('that are no JSON, or two documents in one', () => {
    expect(problemOf('')).toBeString()
    expect(problemOf('\xff\xfe')).toBeString()
    expect(problemOf('[]')).toBe('is no JSON object')
    expect(problemOf('{"bomFormat":"x","bomFormat":"CycloneDX"}')).toContain('twice')
    expect(problemOf('{"a":'.repeat(100_000))).toContain('nests deeper')
  })

  it('with more components than are read, soon', () => {
    const components = Array.from({ length: 60_000 }, (_, at) => ({ purl: `pkg:npm/a${at}@1.0.0` }))
    const bytes = Buffer.from(JSON.stringify({ ...CYCLONEDX, components }))
    const packages = Array.from({ length: 60_000 }, (_, at) => ({
      externalRefs: [{ referenceType: 'purl', referenceLocator: `pkg:npm/a${at}@1.0.0` }],
    }))
    const started = performance.now()
    for (const sbom of [readSbom(bytes), read({ ...SPDX, packages })]) {
      expect(sbom.packages).toHaveLength(50_000)
      expect(sbom.problems).toEqual(['holds more than the 50000 components that are read'])
    }
    expect(performance.now() - started).toBeLessThan(5000)
  })

  it('with words that are none of a report', () => {
    const metadata = { tools: [{ name: 'a\u0007\n<b>'.repeat(100) }] }
    const { tool } = read({ ...CYCLONEDX, metadata })
    expect(tool?.length).toBeLessThan(100)
    expect(tool).not.toMatch(/\p{Cc}/u)
  })

  it('of every shape: an answer, never a throw', () => {
    const any = fc.jsonValue()
    const keys = ['components', 'metadata', 'tools', 'purl', 'licenses', 'license', 'packages', 'externalRefs']
    const inner = fc.dictionary(fc.constantFrom(...keys, 'creationInfo', 'creators', 'relationships'), any)
    const list = fc.array(fc.oneof(any, inner), { maxLength: 5 })
    const document = fc.record({
      ...{ bomFormat: fc.constantFrom('CycloneDX', undefined), specVersion: fc.constantFrom('1.5', 3) },
      ...{ spdxVersion: fc.constantFrom('SPDX-2.3', undefined), components: fc.oneof(any, list) },
      ...{ packages: fc.oneof(any, list), metadata: fc.oneof(any, inner), creationInfo: fc.oneof(any, inner) },
      ...{
        relationships: fc.oneof(any, list),
        documentDescribes: any,
        dsseEnvelope: fc.option(any),
        payload: fc.option(any),
      },
    })
    fc.assert(
      fc.property(document, (value) => {
        expect(read(value).problems).toBeArray()
      }),
      runs(1000),
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        expect(readSbom(bytes).format).toBe('unknown')
      }),
      runs(300),
    )
  })
})
