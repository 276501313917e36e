import { useState } from 'react'
import { Card } from '../kit/card.tsx'
import { CopyLine } from '../kit/copy.tsx'
import { Facts } from '../kit/facts.tsx'
import { formatDate, visibleName } from '../kit/format.ts'
import { OutLink } from '../kit/out-link.tsx'
import { PullLines } from '../repository/pull-lines.tsx'
import { Fate } from './fate.tsx'
import type { Image, ImageViewProps } from './image.ts'
import { isContainerImage, kindOf } from './kinds.ts'
import { Pairs } from './pairs.tsx'
import { Verdict } from './verdict.tsx'

export function Overview({ repository, reference, named, image }: ImageViewProps) {
  const shown = image ?? named
  const annotations = Object.entries({ ...named.annotations, ...image?.annotations })
  const labels = Object.entries(shown.config?.labels ?? {})
  return (
    <>
      <HowToPull {...{ repository, reference, image: shown, digest: named.digest }} />
      <div className="grid items-start gap-x-4 lg:grid-cols-2">
        <div className="min-w-0">
          <About said={{ ...Object.fromEntries(labels), ...Object.fromEntries(annotations) }} />
          <Verdict {...{ repository, reference }} />
          <Fate {...{ repository, reference, named }} />
          {shown.config !== undefined && isContainerImage(shown) && <Configuration config={shown.config} />}
        </div>
        <div className="min-w-0">
          {shown.config !== undefined && shown.config.env.length > 0 && (
            <Card title="Environment">
              <Pairs pairs={shown.config.env.map(variable)} />
            </Card>
          )}
          {labels.length > 0 && (
            <Card title="Labels">
              <Pairs pairs={labels} />
            </Card>
          )}
          {annotations.length > 0 && (
            <Card title="Annotations">
              <Pairs pairs={annotations} />
            </Card>
          )}
        </div>
      </div>
    </>
  )
}

interface PullProps {
  readonly repository: string
  readonly reference: string
  readonly image: Image
  readonly digest: string
}

function HowToPull({ repository, reference, image, digest }: PullProps) {
  const [pinned, setPinned] = useState(false)
  const isTag = !reference.includes(':')
  const wanted = pinned ? digest : reference
  return (
    <Card
      title="Pull it"
      actions={
        isTag && (
          <label className="flex items-center gap-2 text-sm">
            <input
              type="checkbox"
              className="size-4 accent-accent"
              checked={pinned}
              onChange={({ target }) => setPinned(target.checked)}
            />
            exactly this one, by its digest
          </label>
        )
      }
    >
      {image.kind === 'index' || isContainerImage(image) ? (
        <PullLines repository={repository} reference={wanted} />
      ) : (
        <ArtifactLines {...{ repository, reference: wanted, image }} />
      )}
    </Card>
  )
}

/** What is no image is fetched by the tools that made it. */
function ArtifactLines({ repository, reference, image }: Omit<PullProps, 'digest'>) {
  const place = `${location.host}/${repository}`
  const isDigest = reference.includes(':')
  return (
    <>
      {kindOf(image.artifactType) === 'Helm chart' && (
        <CopyLine
          label="helm"
          text={`helm pull oci://${place}${isDigest ? `@${reference}` : ` --version ${reference.replaceAll('_', '+')}`}`}
        />
      )}
      <CopyLine label="oras" text={`oras pull ${place}${isDigest ? '@' : ':'}${reference}`} />
    </>
  )
}

const ABOUT = [
  ...['title', 'description', 'version', 'revision', 'vendor', 'authors', 'licenses', 'created'],
  ...['url', 'source', 'documentation', 'base.name'],
] as const
const NAMESPACE = 'org.opencontainers.image.'

/** What image-spec has names for (annotations.md), whether it is a label or an annotation. */
function About({ said }: { readonly said: Readonly<Record<string, string>> }) {
  const facts = ABOUT.flatMap((name) => {
    const text = said[`${NAMESPACE}${name}`]?.trim()
    return text ? [[name.replace('base.name', 'built upon'), <OutLink key={name} text={cut(text)} />] as const] : []
  })
  if (facts.length === 0) return null
  return (
    <Card title="About">
      <Facts facts={facts} />
    </Card>
  )
}

const MAX_ABOUT = 500

function cut(text: string): string {
  return text.length <= MAX_ABOUT ? text : `${text.slice(0, MAX_ABOUT)}…`
}

function Configuration({ config }: { readonly config: NonNullable<Image['config']> }) {
  const { created, author, user, workdir, entrypoint, cmd, exposedPorts, volumes } = config
  return (
    <Card title="Configuration">
      <Facts
        facts={[
          ['Entrypoint', words(entrypoint)],
          ['Command', words(cmd)],
          ['User', user ? code(user) : 'root'],
          ['Folder', workdir && code(workdir)],
          ['Ports', list(exposedPorts)],
          ['Volumes', list(volumes)],
          ['Built', created && momentOf(created)],
          ['Author', author && visibleName(cut(author))],
        ]}
      />
    </Card>
  )
}

function words(parts: readonly string[]) {
  return parts.length > 0 ? code(parts.map(quoted).join(' ')) : undefined
}

/** As one would type it. */
function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

const MAX_LISTED = 20

function list(all: readonly string[]) {
  if (all.length === 0) return undefined
  const more = all.length > MAX_LISTED ? ` and ${all.length - MAX_LISTED} more` : ''
  return code(`${all.slice(0, MAX_LISTED).join(', ')}${more}`)
}

function code(text: string) {
  return <code className="font-mono text-xs [overflow-wrap:anywhere]">{visibleName(text.slice(0, 2000))}</code>
}

/** Images say anything there, also times long before there were images: builds that can be repeated. */
function momentOf(text: string): string {
  const at = Date.parse(text)
  if (Number.isNaN(at)) return visibleName(cut(text))
  return at <= Date.parse('1980-01-02') ? 'without a time' : formatDate(text)
}

function variable(text: string): readonly [string, string] {
  const equals = text.indexOf('=')
  return equals === -1 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)]
}
