import { describe, expect, it, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { lying, SPDX_SCHEMA, sampleInventory } from '../../../test/support/inventories.ts'
import type { ImageInventory } from '../image-inventory.ts'
import { writeSpdx } from './write-spdx.ts'

const OPTIONS = { repository: 'team/shop', registryHost: 'registry.example', toolVersion: '9.9.9' }

function write(inventory: ImageInventory) {
  return JSON.parse(Buffer.from(writeSpdx(inventory, OPTIONS)).toString())
}

interface Element {
  readonly SPDXID: string
  readonly name: string
  readonly [field: string]: unknown
}

const NASTY = '\u0000\ud800"\n</script>'
const SAMPLES: Readonly<Record<string, ImageInventory>> = {
  usual: sampleInventory(),
  empty: sampleInventory({ packages: [], facts: { reasons: [], labels: {}, layers: [] } }),
  partial: sampleInventory({ state: 'partial' }),
  nasty: sampleInventory({
    packages: [lying(NASTY, 1, { type: 'npm', name: NASTY, version: NASTY, licenses: [NASTY, 'Ünlicensed!'] })],
  }),
}

// Like every line of SPDX 2.3's schema that these documents can break.
describe.each(Object.entries(SAMPLES))('an SPDX document of the %s image', (_name, inventory) => {
  const document = write(inventory)
  const packages: readonly Element[] = document.packages

  it('has everything that the specification asks for', () => {
    expect(document).toMatchObject({
      ...{ spdxVersion: 'SPDX-2.3', dataLicense: 'CC0-1.0', SPDXID: 'SPDXRef-DOCUMENT' },
      creationInfo: { created: '2026-11-20T10:00:00Z', creators: ['Tool: berth-9.9.9'] },
    })
    expect(document.documentNamespace).toMatch(/^urn:uuid:[0-9a-f-]{36}$/)
    for (const each of packages) {
      expect(each.SPDXID).toMatch(/^SPDXRef-[A-Za-z0-9.-]+$/)
      expect(each).toMatchObject({ downloadLocation: 'NOASSERTION', filesAnalyzed: false })
      expect(each.name.length).toBeGreaterThan(0)
    }
    expect(new Set(packages.map(({ SPDXID }) => SPDXID)).size).toBe(packages.length)
  })

  it('relates everything to the image, and defines every licence of its own', () => {
    const [describes, ...contains] = document.relationships
    expect(describes).toEqual({
      ...{ spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: 'SPDXRef-Image' },
    })
    expect(contains.map((each: { relatedSpdxElement: string }) => each.relatedSpdxElement)).toEqual(
      packages.slice(1).map(({ SPDXID }) => SPDXID),
    )
    const used = [...JSON.stringify(packages).matchAll(/LicenseRef-[A-Za-z0-9.-]+/g)].map(([id]) => id)
    const defined = document.hasExtractedLicensingInfos.map((each: { licenseId: string }) => each.licenseId)
    expect(defined).toEqual([...new Set(used)].sort())
  })

  test.skipIf(!existsSync(SPDX_SCHEMA))(
    'is valid by the schema of SPDX 2.3 (BERTH_TEST_SPDX_SCHEMA names its file)',
    () => {
      const ajv = new Ajv({ strict: false, validateFormats: false })
      const isValid = ajv.compile(JSON.parse(readFileSync(SPDX_SCHEMA, 'utf8')))
      expect(isValid(document) ? [] : isValid.errors).toEqual([])
    },
  )
})

it('says of the image, its distribution and its packages what is known', () => {
  const packages: readonly Element[] = write(sampleInventory()).packages
  const find = (name: string) => packages.find((each) => each.name === name)
  expect(find('team/shop')).toMatchObject({
    primaryPackagePurpose: 'CONTAINER',
    checksums: [{ algorithm: 'SHA256', checksumValue: '64'.padStart(64, '0') }],
  })
  expect(find('debian')).toMatchObject({ primaryPackagePurpose: 'OPERATING_SYSTEM', versionInfo: '12' })
  expect(find('@scope/left')).toMatchObject({
    licenseDeclared: 'MIT',
    externalRefs: [{ referenceType: 'purl', referenceLocator: 'pkg:npm/%40scope/left@1.0.0' }],
  })
  expect(find('org.acme:core')).toMatchObject({ licenseDeclared: 'Apache-2.0 OR MIT' })
  expect(find('github.com/acme/tool')?.licenseDeclared).toMatch(
    /^MIT AND \(MIT OR ISC\) AND LicenseRef-Mine-[0-9a-f]+$/,
  )
  expect(find('libssl3')).toMatchObject({ licenseDeclared: 'NOASSERTION' })
  expect(find('libssl3')?.sourceInfo).toStartWith('built from openssl 3.0.11-1~deb12u2; found in var/lib/dpkg/status')
})

it('says what is missing, and is the same for the same', () => {
  const { facts } = sampleInventory()
  expect(write(sampleInventory({ state: 'partial', facts: { ...facts, reasons: ['too deep'] } })).comment).toBe(
    'Incomplete: not all of the image was understood: too deep',
  )
  const one = sampleInventory()
  const turned = { ...one, packages: [...one.packages].reverse() }
  expect(Buffer.from(writeSpdx(turned, OPTIONS)).equals(writeSpdx(one, OPTIONS))).toBe(true)
})
