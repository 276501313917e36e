import { afterAll, beforeAll, expect, test } from 'bun:test'
import { stat, writeFile } from 'node:fs/promises'
import { describeClient, program } from './support/clients.ts'
import { must } from './support/command.ts'
import { type FakeHarbor, startFakeHarbor } from './support/fake-harbor.ts'
import { useFolder } from './support/folder.ts'
import { wholePage } from './support/guide.ts'
import { useGuideServer } from './support/guide-server.ts'
import { smallImage } from './support/images.ts'

const page = wholePage('guides/from-harbor')
const PROGRAMS = ['docker-registry', 'skopeo', 'busybox', 'curl', 'jq', 'openssl', 'bash']

// Harbor is a stand-in: see support/fake-harbor.ts. Everything else is real.
describeClient('from Harbor, by docs/guides/from-harbor.md', PROGRAMS, () => {
  const folder = useFolder()
  let harbor: FakeHarbor | undefined

  beforeAll(async () => {
    harbor = await startFakeHarbor(await folder.make('harbor'))
    for (const name of ['team/app', 'library/base']) {
      const { reference } = await smallImage(await folder.make(crypto.randomUUID()))
      const target = `docker://${harbor.host}/${name}:1`
      await must([program('skopeo'), 'copy', '--quiet', '--dest-tls-verify=false', reference, target])
    }
  }, 60_000)
  afterAll(() => harbor?.stop())

  const guide = useGuideServer(folder, {
    hosts: () => ({ 'harbor.example.com': harbor?.host ?? '' }),
    files: { 'harbor.creds': 'admin:Harbor12345' },
  })
  beforeAll(async () => {
    await writeFile(folder.at('harbor-to-berth.sh'), page.block('harbor-to-berth.sh'))
  })

  for (const name of ['script', 'apply', 'images', 'retention'])
    for (const step of page.steps(name)) test(`$ ${step.command}`, () => guide.follow(step))

  test('nothing that Harbor has is run, and secrets are for one pair of eyes', async () => {
    const { stdout } = await guide.shell('bash commands.sh')
    const [line] = stdout.split('\n').filter((each) => each.startsWith('by hand: berth grant add library'))
    expect(line).toContain('INJECTED')
    expect(stdout.split('\n').filter((each) => /^INJECTED|not done/.test(each))).toEqual([])
    expect(await Bun.file(folder.at('commands.sh')).text()).not.toMatch(/^echo INJECTED|\p{Cc}(?<!\n)/mu)
    for (const name of ['bob.password', 'team-ci.secret'])
      expect([name, (await stat(folder.at(name))).mode & 0o777]).toEqual([name, 0o600])
  })

  test('whoever could push in Harbor can push here, with the password that was made', async () => {
    const { reference } = await smallImage(await folder.make('new'))
    for (const [name, secret] of [
      ['bob', 'bob.password'],
      ['robot.team.ci', 'team-ci.secret'],
    ] as const) {
      const creds = `${name}:${(await Bun.file(folder.at(secret)).text()).trim()}`
      const target = `docker://${guide.host}/team/${name.replaceAll('.', '-')}:1`
      await must([program('skopeo'), 'copy', '-q', '--dest-tls-verify=false', '--dest-creds', creds, reference, target])
    }
  })

  test('digests are what they were', async () => {
    const root = `root:${(await Bun.file(folder.at('root.password')).text()).trim()}`
    const digestAt = (host: string, ...options: readonly string[]) =>
      must([
        ...[program('skopeo'), 'inspect', '--tls-verify=false', '--format', '{{.Digest}}'],
        ...[...options, `docker://${host}/team/app:1`],
      ])
    expect(await digestAt(guide.host, '--creds', root)).toBe(await digestAt(harbor?.host ?? ''))
  })

  test('every block of the page was run', () => {
    expect(page.left()).toEqual([])
  })
})
