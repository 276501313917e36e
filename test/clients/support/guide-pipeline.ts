import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { affects, osvExport } from '../../support/osv-export.ts'
import { must } from './command.ts'
import type { Docker } from './daemons.ts'
import type { Folder } from './folder.ts'
import type { GuideServer } from './guide-server.ts'

const ROOT = new URL('../../..', import.meta.url).pathname

/** The registry looks into images, and asks nobody about vulnerabilities. */
export const SCANNING = { BERTH_SCANNING__ENABLED: 'true', BERTH_SCANNING__VULNERABILITIES__UPDATE: 'never' }

/** Sources of an image: an Alpine with this version of openssl, and a layer that no other has. */
export async function writeSources(folder: string, openssl: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const release = 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.99.0\nPRETTY_NAME="Alpine Linux v3.99"\n'
  const installed = `C:Q1\nP:openssl\nV:${openssl}\nA:x86_64\no:openssl\nL:Apache-2.0\n`
  const dockerfile =
    'FROM scratch\nCOPY os-release /etc/os-release\nCOPY installed /lib/apk/db/installed\nCMD ["app"]\n'
  await writeFile(join(folder, 'os-release'), release)
  await writeFile(join(folder, 'installed'), installed)
  await writeFile(join(folder, 'Dockerfile'), dockerfile)
}

/** Vulnerability data that was carried here: everything before openssl 3.0.9 has a critical hole. */
export async function bringVulnerabilities(folder: Folder, guide: GuideServer): Promise<void> {
  const record = {
    ...{ id: 'ALPINE-CVE-2099-0001', upstream: ['CVE-2099-0001'], modified: new Date().toISOString() },
    severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H' }],
    affected: [affects('Alpine:v3.99', 'openssl', '3.0.9-r0')],
  }
  await writeFile(folder.at('all.zip'), osvExport([record]))
  await works(guide, `berth vulndb import ${folder.at('all.zip')} --ecosystem Alpine`)
}

/** `tools/berth`, as deploy/Dockerfile makes it, but for the program: here that is a script that starts the sources. */
export async function pushTools(
  folder: Folder,
  { docker, guide }: { docker: Docker; guide: GuideServer },
): Promise<void> {
  const place = await folder.make('tools')
  await writeFile(join(place, 'berth'), `#!/bin/sh\nexec ${process.execPath} ${ROOT}src/main.ts "$@"\n`)
  await chmod(join(place, 'berth'), 0o755)
  await writeFile(
    join(place, 'Dockerfile'),
    'FROM scratch\nCOPY berth /usr/local/bin/berth\nENTRYPOINT ["/usr/local/bin/berth"]\n',
  )
  const image = `${guide.host}/tools/berth`
  await works(guide, 'berth project add tools --public')
  await works(guide, 'docker login registry.example.com -u root --password-stdin < root.password')
  await docker('build', '-q', '-t', image, place)
  await docker('push', '-q', image)
  await docker('rmi', image)
  await works(guide, 'docker logout registry.example.com')
}

/** A program of this name that runs another command line, given its arguments. */
export async function standIn(folder: Folder, name: string, command: string): Promise<void> {
  await writeFile(folder.at('bin', name), `#!/bin/sh\n${command}\n`)
  await chmod(folder.at('bin', name), 0o755)
}

export async function works(guide: GuideServer, command: string): Promise<string> {
  const { code, all } = await guide.shell(command)
  if (code !== 0) throw new Error(`${command}\nended with ${code}:\n${all}`)
  return all
}

/** A key as cosign makes them, without a password. */
export async function cosignKey(folder: Folder, cosign: string): Promise<void> {
  const options = { cwd: folder.path, env: { COSIGN_PASSWORD: '', HOME: folder.path } }
  await must([cosign, 'generate-key-pair'], options)
}
