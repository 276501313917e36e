import type { AdminClient } from '../../client/admin/admin-client.ts'
import { callOperation, MAX_ITEMS } from '../../client/admin/call-operation.ts'
import type { AnswerOf, BodyOf, RowOf } from '../../client/admin/operation.ts'
import { systemClock } from '../../lib/clock.ts'
import { UsageError } from '../exit-codes.ts'
import { print, printable, printableLines, printTable } from '../output.ts'
import { imageParts, text } from './choose.ts'
import { at, several, show } from './command.ts'
import { pathOfImage } from './images.ts'
import { whileWaiting } from './progress-line.ts'
import { printJson } from './render.ts'
import type { ApiCommand, Column, Said } from './spec.ts'

const POLL_MS = 500
const DAY_MS = 86_400_000

const name = ({ words }: Said) => words[0] ?? ''
const everywhere = ({ repositories }: { readonly repositories?: string }) => repositories || 'all repositories'

/** Where the API takes a platform itself. */
function platformOf({ flags }: Said): { platform?: string } {
  const platform = text(flags, 'platform')
  return platform === undefined ? {} : { platform }
}

type Report = AnswerOf<'getReport'>

/** Of an index, with --platform, that of one of its images. */
async function reportOf(client: AdminClient, said: Said): Promise<Report> {
  const path = pathOfImage(said)
  const report = await callOperation(client, 'getReport', { path })
  const platform = text(said.flags, 'platform')
  if (platform === undefined || report.images === undefined) return report
  const found = report.images.find((image) => image.platform === platform)
  if (found === undefined) throw new UsageError(`${name(said)} has no image for ${platform}`)
  return callOperation(client, 'getReport', { path: { ...path, reference: found.digest } })
}

function showReport({ flags }: Said, report: Report): void {
  if (flags.json === true) printJson(report)
  else printReport(report)
}

function printReport(report: Report): void {
  const { digest, state, reasons, packages, findings, counts, suppressed, dataUpdatedAt = 'never' } = report
  print(printable(`${digest}: ${state}, ${packages} packages, data of ${dataUpdatedAt}.`))
  for (const reason of reasons) print(printable(`  ${reason}`))
  const shown = findings.map((each) => [
    ...[each.severity, each.vulnerability, each.package, each.version, each.fixedVersion ?? 'no fix'],
    each.suppressed === undefined ? '' : `does not count: ${each.suppressed.reason}`,
  ])
  printTable(shown)
  const counted = Object.entries(counts).filter(([, count]) => count > 0)
  print(
    `${counted.map(([severity, count]) => `${count} ${severity}`).join(', ') || 'none that count'}; suppressed ${suppressed}.`,
  )
}

async function scan(client: AdminClient, said: Said): Promise<void> {
  const path = pathOfImage(said)
  await callOperation(client, 'scanImage', { path })
  if (said.flags.wait === false) return print(`${name(said)} is looked into. See: berth report ${name(said)}`)
  const report = await whileWaiting(async (say) => {
    for (;;) {
      const found = await reportOf(client, said)
      if (found.state !== 'waiting') return found
      say(`${name(said)} is looked into`)
      await systemClock.sleep(POLL_MS)
    }
  })
  showReport(said, report)
}

/** Pages have more than packages: only these are put together. */
async function listPackages(client: AdminClient, said: Said): Promise<void> {
  const [path, query] = [pathOfImage(said), { ...platformOf(said), limit: 1000 }]
  const first = await callOperation(client, 'getInventory', { path, query })
  const packages = [...first.packages]
  for (let { next } = first; next !== undefined;) {
    const page = await callOperation(client, 'getInventory', { path, query: { ...query, after: next } })
    packages.push(...page.packages)
    next = page.next === next || packages.length >= MAX_ITEMS ? undefined : page.next
  }
  const { next: _, ...rest } = first
  if (said.flags.json === true) return printJson({ ...rest, packages })
  printTable(packages.map(({ type, name: each, version, path: at }) => [type, each, version, at]))
  print(`${packages.length} packages, ${first.state}.`)
  for (const reason of first.reasons) print(printable(`  ${reason}`))
}

const SIGNATURES: readonly Column<RowOf<'listSignatures'>>[] = ['format', 'signer', 'signedAt', 'trustedBy', 'manifest']

function showSignatures(said: Said, answer: AnswerOf<'listSignatures'>): void {
  show<'listSignatures'>(said, { show: SIGNATURES }, answer)
  if (said.flags.json === true) return
  for (const problem of answer.problems) print(printableLines(JSON.stringify(problem)))
  print(answer.trusted ? 'Its project trusts it.' : 'Nobody whom its project trusts has signed it.')
}

const LOOKING: readonly ApiCommand[] = [
  several(
    'report',
    ['getReport', 'getScannerReport'],
    async (client, said) => {
      const scanner = text(said.flags, 'scanner')
      if (scanner === undefined) return showReport(said, await reportOf(client, said))
      printJson(await callOperation(client, 'getScannerReport', { path: { ...pathOfImage(said), scanner } }))
    },
    {
      extend: (command) => command.option('--scanner <name>', 'as this other scanner wrote it, JSON'),
    },
  ),
  several('scan', ['scanImage', 'getReport'], scan, {
    extend: (command) => command.option('--no-wait', 'let the server do it, and wait for nothing (--server)'),
  }),
  at('sbom', 'getSbom', {
    path: pathOfImage,
    query: (said) => ({
      format: text(said.flags, 'format') as 'cyclonedx',
      ...(said.flags.vulnerabilities === true ? { vulnerabilities: 'true' as never } : {}),
      ...platformOf(said),
    }),
    raw: true,
  }),
  at('image attach-sbom', 'attachSbom', {
    path: pathOfImage,
    body: ({ flags }) => ({ format: (text(flags, 'format') ?? 'cyclonedx') as 'cyclonedx' }),
    say: (said, { digest }) => `${digest} says what is in ${name(said)}.`,
    define: (command) =>
      command
        .description('Attach a bill of materials to an image, as a referrer of it.')
        .argument('<image>')
        .option('--format <format>', 'cyclonedx or spdx'),
  }),
  at('image sboms', 'listAttachedSboms', {
    path: pathOfImage,
    define: (command) =>
      command.description('List the bills of materials that were attached to an image.').argument('<image>'),
  }),
  several('packages list', ['getInventory'], listPackages),
  at('packages find', 'findPackages', {
    query: ({ words: [wanted], flags }) => ({
      ...(wanted === undefined ? {} : { name: wanted }),
      ...Object.fromEntries(
        ['below', 'type', 'vulnerability'].flatMap((each) => (flags[each] === undefined ? [] : [[each, flags[each]]])),
      ),
    }),
    show: [
      ['IMAGE', ({ repository, digest }) => `${repository}@${digest}`],
      'tags',
      ['PACKAGE', ({ name: each, version }) => `${each} ${version}`],
    ],
  }),
  several(
    'signatures',
    ['listSignatures', 'verifySignatures'],
    async (client, said) => {
      const path = pathOfImage(said)
      const operation = said.flags.again === true ? 'verifySignatures' : 'listSignatures'
      showSignatures(said, await callOperation(client, operation, { path }))
    },
    {
      extend: (command) => command.option('--again', 'look at them again now (--server, --json)'),
    },
  ),
]

/** So many days from now. */
function inDays({ flags }: Said): string {
  return new Date(systemClock.now().getTime() + Number(flags.days) * DAY_MS).toISOString()
}

async function documentOf({ words: [, file = ''] }: Said): Promise<BodyOf<'addVex'>['document']> {
  const { readFileText } = await import('./read-input.ts')
  try {
    return JSON.parse(await readFileText(file)) as BodyOf<'addVex'>['document']
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`${file} is not JSON`)
  }
}

function where({ flags }: Said): { repositories?: string } {
  const repositories = text(flags, 'repositories')
  return repositories === undefined ? {} : { repositories }
}

async function policyOf({ words, flags }: Said, as = words[1] ?? ''): Promise<BodyOf<'addPolicy'>> {
  const { ruleOf } = await import('../policy.ts')
  return ruleOf(as, flags) as BodyOf<'addPolicy'>
}

const JUDGING: readonly ApiCommand[] = [
  at('trust list', 'listTrust', { path: ['project'], show: ['name', 'kind', 'summary', 'createdAt'] }),
  at('trust add', 'addTrust', {
    path: ['project'],
    body: async ({ words: [, as = ''], flags }) => {
      const { readTrust } = await import('../trust-flags.ts')
      return { name: as, ...(await readTrust(flags)) } as BodyOf<'addTrust'>
    },
    say: ({ words }, { summary }) => `The project ${words[0]} trusts "${words[1]}" from now on: ${summary}.`,
  }),
  at('trust remove', 'removeTrust', {
    path: ['project', 'anchor'],
    say: ({ words }) => `The project ${words[0]} does not trust "${words[1]}" any more.`,
  }),
  at('exception list', 'listExceptions', {
    path: ['project'],
    show: ['id', 'vulnerability', 'package', ['FOR', everywhere], 'expiresAt', 'createdBy', 'reason'],
  }),
  at('exception add', 'addException', {
    path: ['project'],
    body: (said) => {
      const of = text(said.flags, 'package')
      return {
        ...{ vulnerability: said.words[1] ?? '', reason: text(said.flags, 'reason') ?? '', expiresAt: inDays(said) },
        ...where(said),
        ...(of === undefined ? {} : { package: of }),
      }
    },
    say: (_, { id, expiresAt }) => `Exception ${id} was added; it ends at ${expiresAt}.`,
  }),
  at('exception remove', 'removeException', {
    path: ['project', 'exception'],
    say: ({ words }) => `Exception ${words[1]} was removed.`,
  }),
  at('vex list', 'listVex', {
    path: ['project'],
    show: ['id', ['FOR', everywhere], 'statements', 'createdBy', 'createdAt'],
  }),
  at('vex add', 'addVex', {
    path: ['project'],
    body: async (said) => ({ ...where(said), document: await documentOf(said) }),
    say: (_, { id }) => `Document ${id} was added.`,
  }),
  at('vex remove', 'removeVex', {
    path: ['project', 'document'],
    say: ({ words }) => `Document ${words[1]} was removed.`,
  }),
  at('policy list', 'listPolicies', {
    path: ['project'],
    show: ['name', 'mode', 'check', ['FOR', everywhere], 'push', 'except'],
  }),
  at('policy add', 'addPolicy', {
    path: ['project'],
    body: (said) => policyOf(said),
    say: ({ words }, { name: made, mode }) => `The policy "${made}" of the project ${words[0]} is there (${mode}).`,
  }),
  at('policy set-mode', 'setPolicyMode', {
    path: ['project', 'policy'],
    body: ({ words: [, , mode] }) => ({ mode: mode as 'off' }),
    say: ({ words: [project, policy, mode] }) => `The policy "${policy}" of the project ${project} is "${mode}" now.`,
  }),
  at('policy remove', 'removePolicy', {
    path: ['project', 'policy'],
    say: ({ words }) => `The policy "${words[1]}" was removed.`,
  }),
  at('policy exemptions', 'listExemptions', {
    path: ['project'],
    show: ['name', 'rule', ['FOR', everywhere], 'digest', 'expiresAt', 'ended', 'createdBy', 'reason'],
  }),
  at('policy exempt', 'addExemption', {
    path: ['project'],
    body: (said) => {
      const [rule, digest] = [text(said.flags, 'rule'), text(said.flags, 'digest')]
      return {
        ...{ name: said.words[1] ?? '', reason: text(said.flags, 'reason') ?? '', expiresAt: inDays(said) },
        ...where(said),
        ...(rule === undefined ? {} : { rule }),
        ...(digest === undefined ? {} : { digest }),
      }
    },
    say: (_, { name: made, expiresAt }) => `The exemption "${made}" holds until ${expiresAt}.`,
  }),
  at('policy unexempt', 'removeExemption', {
    path: ['project', 'exemption'],
    say: ({ words }) => `The exemption "${words[1]}" has ended.`,
  }),
  at('policy check', 'explainVerdict', {
    path: ({ words: [image = ''] }) => imageParts(image),
    isNo: ({ outcome }) => outcome === 'refuse' || outcome === 'unknown',
  }),
  at('policy preview', 'previewPolicy', {
    path: ['project'],
    body: async (said) => ({ ...(await policyOf(said, 'preview')), limit: 20 }),
    say: (_, { images, refused, warned, unknown, items }) =>
      [
        `Of ${images} images it would refuse ${refused} and warn of ${warned}; of ${unknown} nobody can say it now.`,
        ...items.map(({ repository, tag, outcome, text: why }) => `${repository}:${tag}  ${outcome}  ${why}`),
      ].join('\n'),
  }),
]

export const CONTENT_COMMANDS: readonly ApiCommand[] = [...LOOKING, ...JUDGING]
