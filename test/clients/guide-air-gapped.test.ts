import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdir, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts'
import { affects, osvExport } from '../support/osv-export.ts'
import { describeClient } from './support/clients.ts'
import { useDocker } from './support/daemons.ts'
import { useFolder } from './support/folder.ts'
import { wholePage } from './support/guide.ts'
import { SCANNING, works, writeSources } from './support/guide-pipeline.ts'
import { useGuideServer } from './support/guide-server.ts'

const page = wholePage('guides/air-gapped')
const PROGRAMS = ['docker', 'dockerd', 'containerd', 'docker-registry', 'curl', 'bash']

/** What @sigstore/tuf has of the public instance. */
const Seeds = z.record(z.string(), z.object({ targets: z.object({ 'trusted_root.json': z.base64() }) }))

// A docker-registry plays the vendor's, and a server of the test the one with vulnerability data. Outside and inside are
// one machine, whose registry reaches both only by what the commands say.
describeClient('without a network, by docs/guides/air-gapped.md', PROGRAMS, () => {
  const folder = useFolder()
  const docker = useDocker(folder)
  let vendor: DockerRegistry | undefined
  let osv: ReturnType<typeof Bun.serve> | undefined

  beforeAll(async () => {
    vendor = await startDockerRegistry({ filesystem: { rootdirectory: await folder.make('vendor') } })
    const record = {
      ...{ id: 'ALPINE-CVE-2099-0001', upstream: ['CVE-2099-0001'], modified: new Date().toISOString() },
      severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H' }],
      affected: [affects('Alpine:v3.99', 'openssl', '3.0.9-r0')],
    }
    osv = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response(osvExport([record])) })
  }, 60_000)
  afterAll(async () => {
    await osv?.stop(true)
    await vendor?.stop()
  })

  const guide = useGuideServer(folder, {
    yaml: [page.block('berth.yaml')],
    serverEnv: { BERTH_SCANNING__ENABLED: SCANNING.BERTH_SCANNING__ENABLED },
    hosts: () => ({
      'vendor.example.net': new URL(vendor?.url ?? '').host,
      'storage.googleapis.com': `127.0.0.1:${osv?.port}`,
      '/var/lib/berth-backup': folder.at('backup'),
    }),
  })

  beforeAll(async () => {
    guide.setEnv({ ...docker.env, COSIGN_PASSWORD: '' })
    await writeSources(folder.at('work'), '3.0.8-r0')
    const image = `${new URL(vendor?.url ?? '').host}/acme/app:1`
    await docker('build', '-q', '-t', image, folder.at('work'))
    await docker('push', '-q', image)
    await docker('rmi', image)
    await works(guide, 'berth sign --generate-key acme.key')
    await works(guide, `berth sign ${image} --key acme.key`)
    const seeds: unknown = await Bun.file(
      new URL('../../node_modules/@sigstore/tuf/seeds.json', import.meta.url),
    ).json()
    const [root] = Object.values(Seeds.parse(seeds))
    await mkdir(folder.at('media'))
    await writeFile(folder.at('media', 'trusted_root.json'), atob(root?.targets['trusted_root.json'] ?? ''))
  }, 60_000)

  for (const name of ['outside', 'inside', 'policy', 'keyless', 'mirror', 'export', 'update'])
    for (const step of page.steps(name)) test(`$ ${step.command}`, () => guide.follow(step))

  test('every block of the page was run', () => {
    expect(page.left()).toEqual([])
  })
})
