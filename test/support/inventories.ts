import type { Finding } from '../../src/inventory/finding.ts'
import type { ImageInventory, LocatedPackage } from '../../src/inventory/image-inventory.ts'
import { type Digest, parseDigest } from '../../src/oci/digest.ts'
import type { Package } from '../../src/packages/package.ts'

/**
 * The schema of SPDX 2.3. No package has it, and it is not ours to keep: it lies in the repository of the specification,
 * `schemas/spdx-schema.json` of the branch `support/2.3`.
 */
export const SPDX_SCHEMA = process.env.BERTH_TEST_SPDX_SCHEMA ?? ''

export function digestOf(n: number): Digest {
  return parseDigest(`sha256:${n.toString(16).padStart(64, '0')}`)
}

export function lying(path: string, layer: number, each: Package): LocatedPackage {
  return { ...each, path, layer: digestOf(layer) }
}

const STATUS = 'var/lib/dpkg/status'

/** An image with packages of several kinds, one of them in two places. */
export function sampleInventory(changes: Partial<ImageInventory> = {}): ImageInventory {
  return {
    digest: digestOf(100),
    state: 'complete',
    facts: {
      reasons: [],
      os: { id: 'debian', versionId: '12', prettyName: 'Debian GNU/Linux 12 (bookworm)' },
      platform: 'linux/arm64',
      labels: { 'org.opencontainers.image.title': 'shop' },
      base: { name: 'docker.io/library/debian:12', digest: digestOf(7) },
      user: '1000',
      layers: [digestOf(1), digestOf(2)],
    },
    packages: [
      lying(STATUS, 1, {
        ...{ type: 'deb', name: 'libssl3', version: '3.0.11-1~deb12u2', arch: 'arm64' },
        source: { name: 'openssl', version: '3.0.11-1~deb12u2' },
      }),
      lying(STATUS, 1, { type: 'deb', name: 'bash', version: '5.2.15-2+b7', licenses: ['GPLv3+'] }),
      lying('app/b/node_modules/@scope/left/package.json', 2, {
        ...{ type: 'npm', name: '@scope/left', version: '1.0.0', licenses: ['MIT'] },
      }),
      lying('app/a/node_modules/@scope/left/package.json', 2, {
        ...{ type: 'npm', name: '@scope/left', version: '1.0.0', licenses: ['MIT'] },
      }),
      lying('app/lib/core.jar', 2, {
        ...{ type: 'maven', name: 'org.acme:core', version: '2.1', licenses: ['Apache-2.0 OR MIT'] },
      }),
      lying('usr/bin/tool', 2, {
        ...{ type: 'golang', name: 'github.com/acme/tool', version: 'v1.2.3', licenses: ['MIT', 'MIT OR ISC', 'Mine'] },
      }),
    ],
    analyzedAt: new Date('2026-11-20T10:00:00.123Z'),
    ...changes,
  }
}

export function findingOf(changes: Partial<Finding> = {}): Finding {
  return {
    ...{ vulnerability: 'CVE-2026-0001', aliases: ['GHSA-aaaa-bbbb-cccc'], summary: 'Reads too far.' },
    severity: 'high',
    ratings: [
      { source: 'cvss-v3.1', severity: 'high', score: 7.5, vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N' },
    ],
    ...{ purl: 'pkg:npm/%40scope/left@1.0.0', package: '@scope/left', version: '1.0.0', fixedVersion: '1.0.1' },
    ...{ advisory: 'GHSA-aaaa-bbbb-cccc', published: new Date('2026-01-02T03:04:05Z') },
    ...{ firstSeen: new Date('2026-02-01T00:00:00Z'), scanner: 'berth' },
    ...changes,
  }
}
