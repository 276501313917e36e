import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKeyFile } from '../../src/storage/encrypted/key-file.ts'
import { type RunningRegistry, startRegistry } from '../support/registry.ts'
import { addUser, berth, type CommandResult } from './support/command.ts'
import { image, pushImage } from './support/images.ts'
import { basic, PATIENCE_MS, registryAt } from './support/server.ts'

setDefaultTimeout(8 * PATIENCE_MS)

const PASSWORD = 'correct horse'
let server: RunningRegistry
let home = ''
let digest = ''

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'berth-home-'))
  const keyFile = join(home, 'key')
  createKeyFile(keyFile)
  server = await startRegistry({
    env: {
      BERTH_SCANNING__ENABLED: 'true',
      BERTH_SCANNING__VULNERABILITIES__UPDATE: 'never',
      BERTH_SECRETS__KEY_FILE: keyFile,
    },
  })
  await addUser(server.dataDir, 'root', PASSWORD)
  await berth(['project', 'add', 'team', '--private', '--data', server.dataDir])
  const target = { registry: registryAt(server.url, basic('root', PASSWORD)), name: 'team/app' }
  const first = image('cli/one')
  digest = first.manifest.digest
  await pushImage(target, first, 'v1')
  await pushImage(target, image('cli/two'), 'v2')
  await writeFile(join(home, 'token'), `root:${PASSWORD}\n`)
  await writeFile(join(home, 'secret'), 'a secret of a webhook\n')
  await writeFile(join(home, 'vex.json'), JSON.stringify(VEX))
})
afterAll(async () => {
  await server.close()
  await rm(home, { recursive: true, force: true })
})

const VEX = {
  '@context': 'https://openvex.dev/ns/v0.2.0',
  '@id': 'https://example.test/vex/1',
  author: 'somebody',
  timestamp: '2026-01-01T00:00:00Z',
  version: 1,
  statements: [
    {
      vulnerability: { name: 'CVE-2024-3094' },
      products: [{ '@id': 'pkg:deb/debian/xz-utils@5.6.0' }],
      status: 'not_affected',
      justification: 'component_not_present',
    },
  ],
}

async function at(command: string, more: readonly string[] = []): Promise<CommandResult> {
  const words = command.split(' ').map((word) => word.replaceAll('HOME', home).replaceAll('DIGEST', digest))
  return berth([...words, ...more, '--server', server.url, '--token-file', join(home, 'token')], {
    env: { HOME: home, XDG_CONFIG_HOME: '' },
  })
}

/** In this order: what one makes the next ones see. */
const STEPS: readonly (readonly [command: string, says: RegExp, code?: number])[] = [
  // The bin and the past of tags.
  ['tag set team/app v3 v1', /^team\/app:v3 is sha256:/],
  ['tag delete team/app:v3 --preview', /Would go: tags 1/],
  ['tag delete team/app:v3', /bin restore team\/app:v3/],
  ['bin restore team/app:v3', /^team\/app:v3 is sha256:/],
  ['tag set team/app v3 v2', /v3 is/],
  ['roll-back team/app:v3 --to DIGEST', /^team\/app:v3 is sha256:/],
  ['history team/app:v3 --limit 2', /^AT +TAG +NAMES.*\n.*v3.*\n.*v3.*\n$/],
  ['promote team/app:v1 team/copy:v9', /^team\/copy:v9 is sha256:.*\(new there: manifests 1, blobs 2\)/],
  ['repository delete team/copy --preview', /Would go: tags 1, manifests 1/],
  ['repository delete team/copy', /berth bin restore 1/],
  ['bin list', /^ID +REPOSITORY.*\n1 +team\/copy +repository/],
  ['bin show 1', /team\/copy/],
  ['bin restore 1', /^Restored in team\/copy: manifests 1/],
  ['repository delete team/copy', /bin restore/],
  ['bin empty --repository team/copy', /^Emptied of deletions: 1/],
  // Rules of what stays.
  ['retention add team --tags pr-* --last-pushed 3', /^Rule 1 was added/],
  ['retention list team', /pr-\*/],
  ['retention preview team', /Would go: tags 0/],
  ['retention run team', /^Nothing went/],
  ['retention explain team/app:v1', /verdict/],
  ['retention expire team/app:v1 2099-01-01', /goes at 2099/],
  ['retention expire team/app:v1 never', /has no expiry date/],
  ['retention remove team 1', /was removed/],
  ['immutability add team rel-*', /set once from now on/],
  ['immutability list team', /rel-\*/],
  ['immutability remove team 1', /was removed/],
  ['protect set team cluster team/app:v1 --for 1h', /^cluster protects 1 image until/],
  ['protect list team', /cluster +1/],
  ['protect set team cluster team/app:absent --for 1h', /is not in the project/, 1],
  ['protect remove team cluster', /protects nothing/],
  ['quota set team --bytes 10GiB', /of 10 GiB/],
  ['quota set team --tags 50', /of 10 GiB[\s\S]*of 50/],
  ['quota list', /team/],
  ['quota remove team', /no quota/],
  ['quota show team', /^$/, 4],
  ['project usage team', /bytes/],
  ['project usage-history team --days 7', /^/],
  // What is inside.
  ['image show team/app:v1', /kind +image/],
  ['image referrers team/app:v1', /^/],
  ['scan team/app:v1', /sha256:/],
  ['report team/app:v1', /packages/],
  ['packages list team/app:v1', /packages/],
  ['packages find openssl', /^/],
  ['sbom team/app:v1', /"CycloneDX"/],
  ['image sboms team/app:v1', /^/],
  // Its layers are no archives: what is said is not all.
  ['compare team/app:v1 team/app:v2', /Layers:/, 1],
  ['files team/app:v1', /^$/, 1],
  ['signatures team/app:v1', /Nobody whom its project trusts/],
  ['signatures team/app:v1 --again', /Nobody/],
  ['exception add team CVE-2024-3094 --reason none', /^Exception 1 was added/],
  ['exception list team', /CVE-2024-3094/],
  ['exception remove team 1', /was removed/],
  ['vex add team HOME/vex.json', /^Document 1 was added/],
  ['vex list team', /all repositories/],
  ['vex remove team 1', /was removed/],
  ['policy add team old --max-age-days 10 --mode warn', /is there \(warn\)/],
  ['policy list team', /old +warn/],
  ['policy set-mode team old off', /is "off" now/],
  ['policy exempt team soon --days 3 --reason test', /holds until/],
  ['policy exemptions team', /soon/],
  ['policy unexempt team soon', /has ended/],
  ['policy preview team --max-age-days 10', /images it would refuse/],
  ['policy check team/app:v1', /outcome/],
  ['policy remove team old', /was removed/],
  // Other registries.
  ['remote add hub https://registry.test --username u --password-file HOME/secret', /url +https/],
  ['remote list', /hub/],
  ['remote set hub --max-concurrent 3', /max concurrent +3/],
  ['remote show hub', /username +u\n/],
  ['remote set hub --no-credentials', /hub/],
  ['source add team hub --prefix library/ --fresh 5m', /hub/],
  ['source set 1 --negative 2m', /negative seconds +120/],
  ['source list', /library\//],
  ['source show 1', /hub/],
  ['mirror set registry.test team', /registry\.test/],
  ['mirror list', /registry\.test +team/],
  ['mirror show registry.test', /team/],
  ['mirror remove registry.test', /does not stand in/],
  ['source remove 1', /What was pulled stays/],
  ['replication create up --push hub --repositories none/**', /name +up/],
  ['replication set up --off --concurrency 2', /enabled +no/],
  ['replication list', /up +push/],
  ['replication show up', /concurrency +2/],
  ['replication set up --on', /enabled +yes/],
  ['replication run up --wait', /nothing to do/],
  ['replication executions up', /manual/],
  ['replication log 1', /Execution 1 is done/],
  ['replication remove up', /was removed/],
  ['remote remove hub', /was removed/],
  ['scanner list', /^/],
  ['scanner test absent', /^$/, 4],
  // The server itself.
  ['gc status', /^/],
  ['gc run', /^Collected: blobs/],
  ['job list', /NAME +RUNS/],
  ['job run gc --wait', /is over: done/],
  ['job show gc', /every seconds/],
  ['replicas', /^/],
  ['adopt status', /^/],
  ['scrub status', /^/],
  ['system show', /version/],
  ['system usage', /bytes/],
  ['system usage-history --days 3', /^/],
  ['system settings', /KEY +VALUE/],
  // Who is told.
  [
    'webhook add http://127.0.0.1:1/ --project team --type tag. --secret-file HOME/secret --allow-private',
    /^The webhook 1 is told/,
  ],
  ['webhook list --project team', /127\.0\.0\.1:1/],
  ['webhook set 1 --project team --disable --type all', /enabled +no/],
  ['webhook test 1 --project team', /was not delivered/, 1],
  ['webhook show 1 --project team', /signed +yes/],
  ['webhook deliveries 1 --project team', /^/],
  ['webhook remove 1 --project team', /was removed/],
  ['webhook list', /^$/],
  ['search team', /repository +team\/app/],
  ['events --limit 1', /^\{"id":1,/],
]

test('commands of every kind do at a server what they do on its machine', async () => {
  const wrong: unknown[] = []
  for (const [command, says, code = 0] of STEPS) {
    const { stdout, stderr, code: ended } = await at(command)
    const isQuiet = code !== 0 || stderr === ''
    if (ended !== code || !says.test(stdout) || !isQuiet) wrong.push({ command, ended, stdout, stderr })
  }
  expect(wrong).toEqual([])
})
