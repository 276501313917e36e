import { type Command, Help, type Option } from 'commander'
import { UsageError } from './exit-codes.ts'

/** What may follow the words of a command. */
interface Place {
  /** `project add`; empty: `berth` itself. */
  readonly path: string
  readonly commands: readonly Offered[]
  readonly options: readonly Offered[]
  /** Values of options, or of the first argument. */
  readonly values: readonly { readonly after: string; readonly words: readonly string[] }[]
}

interface Offered {
  readonly word: string
  readonly about: string
}

const SHELLS = { bash, zsh, fish } as const
/** Their argument is the name of a profile. */
const OF_PROFILES = ['profile use', 'profile show', 'profile remove']

export function addCompletionCommand(program: Command): void {
  program
    .command('completion <shell>')
    .description(
      `Print what makes a shell complete commands, options and profiles: ${Object.keys(SHELLS).join(', ')}. For bash: source <(berth completion bash)`,
    )
    .action((shell: string) => {
      if (!isShell(shell)) throw new UsageError(`a shell is one of ${Object.keys(SHELLS).join(', ')}`)
      process.stdout.write(SHELLS[shell]([...placesOf(program, '')]))
    })
}

function isShell(text: string): text is keyof typeof SHELLS {
  return Object.hasOwn(SHELLS, text)
}

function* placesOf(command: Command, path: string): Generator<Place> {
  const help = new Help()
  const children = help.visibleCommands(command).filter((child) => child.name() !== 'help')
  const options = optionsOf(command)
  yield {
    path,
    commands: children.map((child) => ({ word: child.name(), about: child.description() })),
    options: options.map(({ long, description }) => ({ word: long ?? '', about: description })),
    values: options.flatMap(({ long, argChoices }) =>
      argChoices === undefined ? [] : [{ after: long ?? '', words: argChoices }],
    ),
  }
  for (const child of children) yield* placesOf(child, path === '' ? child.name() : `${path} ${child.name()}`)
}

/** Those that help leaves out, too, where a command works on servers. */
function optionsOf(command: Command): Option[] {
  const isServed = command.options.some(({ long }) => long === '--token-file')
  return command.options.filter(({ long, hidden }) => long !== undefined && (isServed || !hidden))
}

/** Anything between quotes that neither shell reads. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", '’').replaceAll(/[\n\\]/g, ' ')}'`
}

function wordsOf(offered: readonly Offered[]): string {
  return quoted(offered.map(({ word }) => word).join(' '))
}

/** Walks to the command that stands there already: words that are no command of it are options, values and arguments. */
function casesOfPaths(places: readonly Place[]): string {
  const known = places.filter(({ path }) => path !== '').map(({ path }) => quoted(path))
  return known.join('|')
}

/** As `profile add` takes them: a file that somebody wrote by hand may hold anything, and nothing of it is for a shell. */
const NAME_IN_SHELL = '^[A-Za-z0-9][A-Za-z0-9._-]*$'

/** Both of these shells read it; the one in use stands behind a star. */
const PROFILES = `_berth_profiles() {
  local first second safe='${NAME_IN_SHELL}'
  berth profile list 2>/dev/null | while read -r first second _; do
    if [[ $first == '*' ]]; then first=$second; fi
    if [[ $first =~ $safe ]]; then echo "$first"; fi
  done
}`

function bash(places: readonly Place[]): string {
  const cases = places.map(
    ({ path, commands, options }) =>
      `    ${quoted(path)}) commands=${wordsOf(commands)} options=${wordsOf(options)} ;;`,
  )
  const values = places.flatMap(({ path, values: each }) =>
    each.map(({ after, words }) => `    ${quoted(`${path} ${after}`)}) words=${quoted(words.join(' '))} ;;`),
  )
  return `# bash completion of berth: source <(berth completion bash)
${PROFILES}
_berth() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]}
  local at='' word words='' commands='' options=''
  local -i n
  COMPREPLY=()
  for ((n = 1; n < COMP_CWORD; n++)); do
    word="\${at:+$at }\${COMP_WORDS[n]}"
    case "$word" in
      ${casesOfPaths(places)}) at=$word ;;
    esac
  done
  case "$at $before" in
    *' --profile'|${OF_PROFILES.map((path) => quoted(`${path} ${path.split(' ')[1]}`)).join('|')})
      while read -r word; do
        if [[ $word == "$current"* ]]; then COMPREPLY+=("$word"); fi
      done < <(_berth_profiles)
      return ;;
${values.join('\n')}
  esac
  case "$at" in
${cases.join('\n')}
  esac
  if [[ -n $words ]]; then :
  elif [[ $current == -* ]]; then words=$options
  else words=$commands
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F _berth berth
`
}

function zsh(places: readonly Place[]): string {
  const list = (offered: readonly Offered[]) =>
    offered.map(({ word, about }) => quoted(`${word}:${about.replaceAll(':', ' ')}`)).join(' ')
  const cases = places.map(
    ({ path, commands, options }) => `    ${quoted(path)}) commands=(${list(commands)}); options=(${list(options)}) ;;`,
  )
  return `#compdef berth
# zsh completion of berth: source <(berth completion zsh)
${PROFILES}
_berth() {
  local at='' word
  local -a commands options profiles
  for word in \${words[2,CURRENT-1]}; do
    case "\${at:+$at }$word" in
      ${casesOfPaths(places)}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at \${words[CURRENT-1]}" in
    *' --profile'|${OF_PROFILES.map((path) => quoted(`${path} ${path.split(' ')[1]}`)).join('|')})
      profiles=(\${(f)"$(_berth_profiles)"})
      compadd -a profiles
      return ;;
  esac
  case "$at" in
${cases.join('\n')}
  esac
  if [[ $PREFIX == -* ]]; then
    _describe -o option options
  elif (( $#commands )); then
    _describe command commands
  else
    _files
  fi
}
compdef _berth berth
`
}

function fish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, commands, options }) => [
    ...commands.map(
      ({ word, about }) => `complete -c berth -f -n ${quoted(`__berth_at ${path}`)} -a ${word} -d ${quoted(about)}`,
    ),
    ...options.map(
      ({ word, about }) =>
        `complete -c berth -n ${quoted(`__berth_at ${path}`)} -l ${word.slice(2)} -d ${quoted(about)}`,
    ),
  ])
  return `# fish completion of berth: berth completion fish | source
function __berth_profiles
  berth profile list 2>/dev/null | string replace -r '^[* ]*' '' | string split -f1 ' ' | string match -r '${NAME_IN_SHELL}'
end
function __berth_path
  set -l at
  for word in (commandline -opc)[2..-1]
    switch "$at $word"
      case ${places
        .filter(({ path }) => path !== '')
        .map(({ path }) => quoted(path.includes(' ') ? path : ` ${path}`))
        .join(' ')}
        set at (string trim "$at $word")
    end
  end
  echo $at
end
function __berth_at
  test (__berth_path) = "$argv"
end
${OF_PROFILES.map((path) => `complete -c berth -f -n ${quoted(`__berth_at ${path}`)} -a '(__berth_profiles)'`).join('\n')}
complete -c berth -l profile -x -a '(__berth_profiles)'
${lines.join('\n')}
`
}
