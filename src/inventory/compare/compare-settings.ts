import type { ImageSettings } from '../../registry/image-settings.ts'
import type { OsRelease } from '../../packages/package.ts'

/** A text of the configuration; absent: there is none. */
export interface SettingChange {
  /** `user`, `workdir`, `entrypoint`, `env NAME`, `label NAME`, `port 80/tcp`, `volume /data`, `os`, `base.name` … */
  readonly name: string
  readonly before?: string
  readonly after?: string
}

/** What is said of an image besides its content; undefined: nobody knows. */
export interface SaidOfImage {
  readonly settings?: ImageSettings | undefined
  readonly os?: OsRelease | undefined
  /** What it was built upon, as its annotations say. */
  readonly base?: { readonly name?: string; readonly digest?: string } | undefined
}

/** What reads like a configuration and is none could have any number. */
const MAX_CHANGES = 2000
const MAX_VALUE_LENGTH = 16_384

export function compareSettings(before: SaidOfImage, after: SaidOfImage): SettingChange[] {
  const old = textsOf(before, after)
  const now = textsOf(after, before)
  const names = [...new Set([...old.keys(), ...now.keys()])].sort()
  const changed = names.filter((name) => old.get(name) !== now.get(name)).slice(0, MAX_CHANGES)
  return changed.map((name) => {
    const [was, is] = [old.get(name), now.get(name)]
    return { name, ...(was !== undefined && { before: cut(was) }), ...(is !== undefined && { after: cut(is) }) }
  })
}

function cut(text: string): string {
  return text.slice(0, MAX_VALUE_LENGTH)
}

/** The distribution is known once an image was looked into: what only one of both tells is no change. */
function textsOf({ settings, os, base }: SaidOfImage, other: SaidOfImage): ReadonlyMap<string, string> {
  const distribution = os && other.os && (os.prettyName ?? `${os.id} ${os.versionId}`)
  const said: readonly (readonly [string, string | undefined])[] = [
    ['os', distribution],
    ['base.name', base?.name],
    ['base.digest', base?.digest],
    ...(settings === undefined ? [] : settingTexts(settings)),
  ]
  return new Map(said.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value] as const])))
}

function settingTexts({ os, architecture, variant, created, author, config }: ImageSettings) {
  const list = (texts: readonly string[] | undefined) => (texts?.length ? JSON.stringify(texts) : undefined)
  return [
    ['platform', os && architecture && [os, architecture, variant].filter(Boolean).join('/')],
    ['created', created],
    ['author', author],
    ['user', config?.User],
    ['workdir', config?.WorkingDir],
    ['entrypoint', list(config?.Entrypoint)],
    ['cmd', list(config?.Cmd)],
    ...(config?.Env ?? []).map(variable),
    ...(config?.ExposedPorts ?? []).map((port) => [`port ${port}`, 'exposed'] as const),
    ...(config?.Volumes ?? []).map((path) => [`volume ${path}`, 'declared'] as const),
    ...Object.entries(config?.Labels ?? {}).map(([name, value]) => [`label ${name}`, value] as const),
  ] as const
}

function variable(text: string): readonly [string, string] {
  const equals = text.indexOf('=')
  return equals === -1 ? [`env ${text}`, ''] : [`env ${text.slice(0, equals)}`, text.slice(equals + 1)]
}
