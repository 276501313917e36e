import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { content } from '../../conformance/support/content.ts'
import { OCI_CONFIG, OCI_MANIFEST } from '../../conformance/support/manifests.ts'
import { berth } from '../../e2e/support/command.ts'
import { descriptor, type Image, manifestOf } from '../../e2e/support/images.ts'
import { makeTar } from '../../scanning/support/make-tar.ts'
import { affects, osvExport } from '../../support/osv-export.ts'

/** How a cache is started that looks into what it has. */
export const SCANNING = {
  env: { BERTH_SCANNING__ENABLED: 'true', BERTH_SCANNING__VULNERABILITIES__UPDATE: 'never' },
}
const RELEASE = 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.99.0\n'
const RECORD = {
  ...{ id: 'ALPINE-CVE-2099-0001', upstream: ['CVE-2099-0001'], details: '', modified: new Date().toISOString() },
  severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
  affected: [affects('Alpine:v3.99', 'openssl', '3.0.9-r0')],
}

/** An Alpine image with this openssl, of which versions before 3.0.9-r0 have a critical hole. */
export function alpine(version: string): Image {
  const tar = makeTar(
    { path: 'etc/os-release', content: RELEASE },
    { path: 'lib/apk/db/installed', content: `C:Q1\nP:openssl\nV:${version}\nA:x86_64\no:openssl\nL:MIT\n\n` },
  )
  const rootfs = { type: 'layers', diff_ids: [content(new Uint8Array(tar)).digest] }
  const layer = content(new Uint8Array(gzipSync(tar)))
  const config = content(
    JSON.stringify({ architecture: 'amd64', os: 'linux', version, config: { Cmd: ['/none'] }, rootfs }),
  )
  const body = {
    ...{ schemaVersion: 2, mediaType: OCI_MANIFEST, config: descriptor(config, OCI_CONFIG) },
    layers: [descriptor(layer, 'application/vnd.oci.image.layer.v1.tar+gzip')],
  }
  return { config, layer, manifest: manifestOf(body, OCI_MANIFEST), body }
}

/** Makes a cache of that upstream, its project `hub`, where nothing may be had before it was looked into. */
export async function judgeStrictly(dataDir: string, upstream: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-judged-'))
  try {
    const file = join(folder, 'all.zip')
    await writeFile(file, osvExport([RECORD]))
    for (const words of [
      ['vulndb', 'import', file, '--ecosystem', 'Alpine'],
      ['remote', 'add', 'hub', upstream, '--allow-private'],
      ['project', 'add', 'hub', '--public'],
      ['source', 'add', 'hub', 'hub'],
      ['policy', 'add', 'hub', 'strict', '--severity', 'critical', '--unscanned', 'refuse', '--mode', 'enforce'],
    ]) {
      const { code, stderr } = await berth([...words, '--data', dataDir])
      if (code !== 0) throw new Error(`${words.join(' ')}: ${stderr}`)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
