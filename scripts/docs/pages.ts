import type { Command } from 'commander'
import { EXIT_CODES } from '../../src/cli/exit-codes.ts'
import { createProgram } from '../../src/cli/program.ts'
import { describeKeys } from '../../src/config/keys.ts'
import { OCI_ERRORS } from '../../src/oci/errors.ts'

/** Reference pages that are made from the code, by their path. A test fails when a page differs from its code. */
export async function generatedPages(): Promise<Readonly<Record<string, string>>> {
  return {
    'docs/configuration.md': configurationPage(),
    'docs/errors.md': errorsPage(),
    'docs/cli.md': await cliPage(),
  }
}

const NOTICE = '<!-- Made by `npm run docs` from the code; change it there. -->'

function configurationPage(): string {
  const rows = describeKeys().map(
    ({ path, description, default: fallback }) =>
      `| \`${path}\` | \`${variableOf(path)}\` | ${fallback === undefined ? '' : `\`${fallback}\``} | ${cell(description)} |`,
  )
  return `# Configuration

${NOTICE}

A YAML file (\`--config FILE\` or \`BERTH_CONFIG\`), then environment variables, then flags; the later wins. A key that does not exist is refused with its path. \`berth config check\` says what is wrong, \`berth config print\` shows what is in force. The flags are in [cli.md](cli.md), examples in [examples/](../examples).

A key's variable is \`BERTH_\` and its path in upper case, with \`__\` between levels. \`<name>\` is a name of your choice: \`BERTH_AUTH__LDAP__CORP__URL\` is \`auth.ldap.corp.url\`; a \`_\` in it becomes \`-\`. Durations are a number with \`s\`, \`m\`, \`h\` or \`d\`; sizes are bytes. Variables that are no key are named in a warning and ignored, because Kubernetes sets such variables for a service that is called \`berth\`.

| key | variable | default | |
| --- | --- | --- | --- |
${rows.join('\n')}
`
}

function variableOf(path: string): string {
  const words = path.replaceAll(/([a-z])([A-Z])/g, '$1_$2')
  return `BERTH_${words.replaceAll('.', '__').toUpperCase()}`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

function errorsPage(): string {
  const rows = Object.entries(OCI_ERRORS).map(([code, { status, message }]) => `| ${code} | ${status} | ${message} |`)
  return `# Errors

${NOTICE}

Every refusal (4XX) of the registry API has the specification's form, and no code outside of its fourteen:

\`\`\`json
{"errors":[{"code":"BLOB_UNKNOWN","message":"what happened and what to do","detail":{}}]}
\`\`\`

| code | status | meaning |
| --- | --- | --- |
${rows.join('\n')}

Some have another status where HTTP has a better one: BLOB_UPLOAD_INVALID 416 (a chunk out of order: the answer carries \`Location\` and \`Range\` to resume from) and 408 (the client stopped sending), MANIFEST_INVALID 413 (too large) and 414 (too many tags), SIZE_INVALID 413 (blob too large), DENIED 405 (a delete of what something else needs), UNSUPPORTED 400 (a parameter that makes no sense) and 413 (a form that is too large).

What is not the client's fault is answered with UNKNOWN or UNAVAILABLE and without a reason, which is in the server's log under the answer's \`X-Request-Id\`: 500 for a failure, 503 with \`Retry-After\` when the registry is too busy, 507 when its disk is full. Nothing was changed in any of these cases, and the request can be repeated.
`
}

async function cliPage(): Promise<string> {
  const codes = Object.values(EXIT_CODES).map(([code, meaning]) => `| ${code} | ${meaning} |`)
  return `# Commands

${NOTICE}

Commands work on the data of this machine (\`--config\`, \`--data\`, \`--database\`, \`--storage\`), beside its server or without one, or on a server anywhere.

## From your desk

\`\`\`sh
berth login https://registry.example                 # once; a browser, or --username
berth project list --server https://registry.example
berth profile add work --server https://registry.example
berth profile use work                               # from now on without --server; --local is this machine again
berth tag list team/app --sort -pushed --limit 10
berth repository list --json | jq -r '.items[].name'
berth api listUsers --all                            # any operation of the admin API
\`\`\`

| option | variable | |
| --- | --- | --- |
| \`--server URL\` | \`BERTH_SERVER\` | Works on this server, as whoever is signed in there. It may stand before the command, too. |
| \`--profile NAME\` | \`BERTH_PROFILE\` | Works on the server of a profile. The command line counts most, then variables, then \`berth profile use\`. |
| \`--local\` | | Works on this machine, whatever profile is in use. Naming a folder or a configuration means the same. |
| \`--token-file FILE\` | \`BERTH_TOKEN\` | Signs in with one line: \`NAME:SECRET\` (a password, an API key, a robot’s secret), or a token of \`berth login\`; \`-\` is standard input. |
| \`--user NAME\` | | Signs in with a password, which is asked for, or read with \`--password-stdin\`. |
| \`--ca-file FILE\` | | The authorities of its certificate, PEM, instead of the system’s. |
| \`--insecure-http\` | | Allows plain HTTP to another machine. Where a command has a meaning of its own for it, say it in a profile. |
| \`--json\` | | Prints the answer of the admin API; on this machine the same, as its operator. |
| \`--limit N\` | | Of a list no more than these; otherwise all of its pages. |

Without a sign-in of these, that of \`berth login\` is used, or docker’s. A redirect is never followed. What a server says is printed without control characters.

## Completion

Commands, options, their choices and the names of profiles:

| shell | |
| --- | --- |
| bash | \`source <(berth completion bash)\`, in \`~/.bashrc\` |
| zsh | \`source <(berth completion zsh)\`, in \`~/.zshrc\` after \`compinit\` |
| fish | \`berth completion fish > ~/.config/fish/completions/berth.fish\` |

## Exit codes

| code | meaning |
| --- | --- |
${codes.join('\n')}

${[...commandSections(await createProgram(), '')].join('\n')}`
}

function* commandSections(command: Command, parents: string): Generator<string> {
  const name = `${parents}${command.name()}`
  const help = command.createHelp()
  help.helpWidth = 100
  yield `## ${name}\n\n\`\`\`\n${help.formatHelp(command, help).trim()}\n\`\`\`\n`
  for (const child of help.visibleCommands(command))
    if (child.name() !== 'help') yield* commandSections(child, `${name} `)
}
