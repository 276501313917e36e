import { describe, expect, it } from 'bun:test'
import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { findingOf, lying, sampleInventory } from '../../../test/support/inventories.ts'
import type { FindingsReport } from '../finding.ts'
import type { ImageInventory } from '../image-inventory.ts'
import type { CycloneDxOptions } from './document.ts'
import { writeCycloneDx } from './write-cyclonedx.ts'

const OPTIONS = { repository: 'team/shop', registryHost: 'registry.example:5000', toolVersion: '9.9.9' }

/** The schema that CycloneDX publishes, with those it refers to. */
const SCHEMAS = new URL('../../../node_modules/@cyclonedx/cyclonedx-library/res/schema/', import.meta.url)
const schemaOf = (name: string) => JSON.parse(readFileSync(new URL(`${name}.SNAPSHOT.schema.json`, SCHEMAS), 'utf8'))
const ajv = new Ajv({ strict: false, validateFormats: false })
for (const name of ['spdx', 'jsf-0.82'])
  ajv.addSchema(schemaOf(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`)
const isValid = ajv.compile(schemaOf('bom-1.6'))

function write(inventory: ImageInventory, options: CycloneDxOptions = OPTIONS) {
  const document = JSON.parse(Buffer.from(writeCycloneDx(inventory, options)).toString())
  expect(isValid(document) ? [] : isValid.errors).toEqual([])
  return document
}

function component(document: ReturnType<typeof write>, name: string) {
  return document.components.find((each: { name: string }) => each.name === name)
}

const report = (...findings: FindingsReport['findings']): FindingsReport => ({
  ...{ state: 'complete', reasons: [], packages: 5, dataUpdatedAt: new Date('2026-11-19T00:00:00Z'), findings },
})

describe('a CycloneDX document', () => {
  it('is about the image, and names it by its digest', () => {
    const { metadata, specVersion, serialNumber } = write(sampleInventory())
    const purl = `pkg:oci/shop@sha256:${'64'.padStart(64, '0')}?arch=arm64&repository_url=registry.example:5000/team/shop`
    expect(decodeURIComponent(metadata.component.purl)).toBe(purl)
    expect(metadata.component).toMatchObject({
      ...{ type: 'container', name: 'team/shop', hashes: [{ alg: 'SHA-256', content: '64'.padStart(64, '0') }] },
    })
    expect(metadata.timestamp).toBe('2026-11-20T10:00:00Z')
    expect(metadata.tools.components).toEqual([{ type: 'application', name: 'berth', version: '9.9.9' }])
    expect([specVersion, serialNumber]).toEqual(['1.6', expect.stringMatching(/^urn:uuid:[0-9a-f-]{36}$/)])
  })

  it('has each package once, with the places where it lies', () => {
    const document = write(sampleInventory())
    expect(document.components).toHaveLength(6)
    expect(component(document, 'left')).toMatchObject({
      ...{
        group: '@scope',
        version: '1.0.0',
        purl: 'pkg:npm/%40scope/left@1.0.0',
        licenses: [{ license: { id: 'MIT' } }],
      },
      evidence: {
        occurrences: [
          { location: 'app/a/node_modules/@scope/left/package.json' },
          { location: 'app/b/node_modules/@scope/left/package.json' },
        ],
      },
    })
    expect(component(document, 'core')).toMatchObject({
      group: 'org.acme',
      licenses: [{ expression: 'Apache-2.0 OR MIT' }],
    })
    expect(component(document, 'bash').licenses).toEqual([{ license: { name: 'GPLv3+' } }])
    expect(component(document, 'github.com/acme/tool').licenses).toEqual([
      ...[{ license: { id: 'MIT' } }, { license: { name: 'MIT OR ISC' } }, { license: { name: 'Mine' } }],
    ])
    expect(component(document, 'libssl3').properties).toContainEqual({
      ...{ name: 'berth:source', value: 'openssl@3.0.11-1~deb12u2' },
    })
    expect(component(document, 'debian')).toMatchObject({ type: 'operating-system', version: '12' })
  })

  it('depends on what is there: the distribution on its packages', () => {
    const { dependencies, metadata } = write(sampleInventory())
    const [root, os] = dependencies
    expect(root).toMatchObject({ ref: metadata.component.purl })
    expect(root.dependsOn).toHaveLength(4)
    expect(os.dependsOn.map((ref: string) => ref.slice(0, 8))).toEqual(['pkg:deb/', 'pkg:deb/'])
    const alone = write(sampleInventory({ facts: { reasons: [], labels: {}, layers: [] } }))
    expect(alone.dependencies).toHaveLength(1)
    expect(alone.dependencies[0].dependsOn).toHaveLength(5)
  })

  it.each(['partial', 'unsupported', 'failed'] as const)(
    'of an image that is %s says that it is incomplete',
    (state) => {
      const { facts } = sampleInventory()
      const document = write(sampleInventory({ state, facts: { ...facts, reasons: ['stopped after 4 GiB'] } }))
      expect(document.compositions[0].aggregate).toBe('incomplete')
      expect(document.metadata.lifecycles[0].description).toStartWith('Incomplete: ')
      expect(document.metadata.properties).toContainEqual({ name: 'berth:reason', value: 'stopped after 4 GiB' })
      expect(write(sampleInventory()).compositions[0].aggregate).toBe('complete')
    },
  )

  it('is the same for the same, in whatever order it was found, and another one for another', () => {
    const one = sampleInventory()
    const turned = { ...one, packages: [...one.packages].reverse() }
    expect(Buffer.from(writeCycloneDx(turned, OPTIONS)).equals(writeCycloneDx(one, OPTIONS))).toBe(true)
    const withFindings = write(one, { ...OPTIONS, report: report(findingOf()) })
    expect(withFindings.serialNumber).not.toBe(write(one).serialNumber)
  })
})

describe('vulnerabilities in it', () => {
  const judged = (suppressed: NonNullable<FindingsReport['findings'][number]['suppressed']>) =>
    write(sampleInventory(), { ...OPTIONS, report: report(findingOf({ suppressed })) }).vulnerabilities[0].analysis

  it('say what is affected, how bad it is, and what would help', () => {
    const stranger = findingOf({ purl: 'pkg:npm/not-there@1' })
    const { vulnerabilities } = write(sampleInventory(), { ...OPTIONS, report: report(stranger, findingOf()) })
    expect(vulnerabilities).toHaveLength(1)
    expect(vulnerabilities[0]).toMatchObject({
      ...{ id: 'CVE-2026-0001', recommendation: 'Update to 1.0.1 or later.', published: '2026-01-02T03:04:05Z' },
      references: [{ id: 'GHSA-aaaa-bbbb-cccc', source: { name: 'GHSA' } }],
      ratings: [{ severity: 'high' }, { score: 7.5, method: 'CVSSv31' }],
      affects: [{ ref: 'pkg:npm/%40scope/left@1.0.0', versions: [{ version: '1.0.0', status: 'affected' }] }],
    })
    expect(vulnerabilities[0].analysis).toBeUndefined()
  })

  it('that VEX judged have its state and justification', () => {
    const reason = 'not_affected: vulnerable_code_not_in_execute_path'
    expect(judged({ by: 'vex', reason, author: 'Acme' })).toEqual({
      ...{ state: 'not_affected', justification: 'code_not_reachable', detail: `Acme: ${reason}` },
    })
    expect(judged({ by: 'vex', reason: 'fixed', author: 'Acme' })).toMatchObject({ state: 'resolved' })
  })

  it('that somebody here lives with are not said to be none', () => {
    const until = new Date('2027-01-01T00:00:00Z')
    expect(judged({ by: 'exception', reason: 'behind a wall', author: 'alice', until })).toEqual({
      ...{ response: ['will_not_fix'], detail: 'Accepted here by alice until 2027-01-01T00:00:00Z: behind a wall' },
    })
  })
})

it('texts of an image that nobody would write are still a valid document', () => {
  const nasty = '\u0000\ud800"\n</script>'
  const packages = [lying(nasty, 1, { type: 'npm', name: nasty, version: nasty, licenses: [nasty, ' '] })]
  const facts = { reasons: [nasty], os: { id: nasty, versionId: nasty }, platform: nasty, labels: {}, layers: [] }
  const document = write(sampleInventory({ packages, facts }))
  expect(JSON.stringify(document.components)).not.toContain('\\u0000')
})

it('ten thousand packages take less than a second', () => {
  const packages = Array.from({ length: 10_000 }, (_, n) =>
    lying(`app/${n}/package.json`, 1, { type: 'npm', name: `p${n}`, version: '1.0.0', licenses: ['MIT'] }),
  )
  const findings = packages.map(({ name }) => findingOf({ purl: `pkg:npm/${name}@1.0.0`, package: name }))
  const started = performance.now()
  writeCycloneDx(sampleInventory({ packages }), { ...OPTIONS, report: report(...findings) })
  expect(performance.now() - started).toBeLessThan(1000)
})
