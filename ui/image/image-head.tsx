import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Badge } from '../kit/badge.tsx'
import { CopyButton } from '../kit/copy.tsx'
import { formatBytes, shortDigest } from '../kit/format.ts'
import { Ago } from '../kit/time.tsx'
import { Title } from '../kit/title.tsx'
import { type ImageViewProps, type PlatformImage, platformsOf, wordOf } from './image.ts'
import { ImageActions } from './image-actions.tsx'
import { isContainerImage, kindOf } from './kinds.ts'

interface HeadProps extends ImageViewProps {
  readonly project: string | undefined
  /** Of an index: the platform that is shown. */
  readonly chosen: PlatformImage | undefined
}

/** What this is, where it belongs, and what can be done with it. */
export function ImageHead(props: HeadProps) {
  const { repository, reference, named, image, project, chosen } = props
  const images = platformsOf(named).length
  return (
    <>
      <Title
        text={nameOf(repository, reference)}
        trail={<Trail {...{ project, repository }} />}
        actions={<ImageActions {...props} />}
      >
        <Badge>{named.kind === 'index' ? `Index of ${images}` : kindOf(named.artifactType)}</Badge>
      </Title>
      <div className="mb-4 flex flex-wrap items-end gap-x-8 gap-y-3 text-sm">
        <Fact name="Digest">
          <span className="flex items-center gap-2">
            <code className="font-mono text-xs" title={named.digest}>
              {shortDigest(named.digest)}
            </code>
            <CopyButton text={named.digest} of="digest" />
          </span>
        </Fact>
        <Fact name="Size">{image?.totalBytes === undefined ? 'unknown' : formatBytes(image.totalBytes)}</Fact>
        {named.kind === 'image' && named.config?.platform !== undefined && (
          <Fact name="Platform">{named.config.platform}</Fact>
        )}
        {chosen !== undefined && <PlatformChoice {...{ repository, named, chosen }} />}
        {named.kind === 'image' && !isContainerImage(named) && (
          <Fact name="Type">
            <span className="break-all">{named.artifactType}</span>
          </Fact>
        )}
        <Fact name="Pushed">
          <Ago at={named.pushedAt} />
        </Fact>
        <Fact name="Tags">
          <TagLinks {...{ repository, named }} />
        </Fact>
      </div>
    </>
  )
}

/** As clients write it, with a digest cut to what one can read. */
export function nameOf(repository: string, reference: string): string {
  return reference.includes(':') ? `${repository}@${shortDigest(reference)}` : `${repository}:${reference}`
}

export function Trail({ project, repository }: { readonly project: string | undefined; readonly repository: string }) {
  return (
    <span className="flex flex-wrap gap-x-2">
      {project !== undefined && (
        <>
          <Link to="/p/$" params={{ _splat: project }} className="break-all underline">
            {project}
          </Link>
          <span aria-hidden="true">›</span>
        </>
      )}
      <Link to="/r/$" params={{ _splat: repository }} className="break-all underline">
        {repository}
      </Link>
    </span>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div className="min-w-0">
      <p className="text-xs text-soft">{name}</p>
      <div className="flex min-h-8 items-center">{children}</div>
    </div>
  )
}

const MAX_TAGS = 8

function TagLinks({ repository, named }: Pick<HeadProps, 'repository' | 'named'>) {
  const { tags, moreTags } = named
  if (tags.length === 0) return <>none</>
  const more = tags.length - MAX_TAGS
  return (
    <span className="flex flex-wrap gap-x-2">
      {tags.slice(0, MAX_TAGS).map((tag) => (
        <Link key={tag} to="/i/$" params={{ _splat: repository }} search={{ ref: tag }} className="break-all underline">
          {tag}
        </Link>
      ))}
      {more > 0 && (
        <span className="text-soft">
          and {more}
          {moreTags && ' or more'} others
        </span>
      )}
    </span>
  )
}

type ChoiceProps = Pick<HeadProps, 'repository' | 'named'> & { readonly chosen: PlatformImage }

function PlatformChoice({ repository, named, chosen }: ChoiceProps) {
  const navigate = useNavigate()
  const { path: _path, layer: _layer, ...search } = useSearch({ from: '/i/$' })
  const all = platformsOf(named)
  const choose = (platform: string) =>
    void navigate({ to: '/i/$', params: { _splat: repository }, search: { ...search, platform } })
  return (
    <label className="min-w-0">
      <span className="block text-xs text-soft">Platform</span>
      <select
        value={wordOf(chosen, all)}
        onChange={({ target }) => choose(target.value)}
        className="max-w-full rounded-md border border-control bg-page px-2 py-1.5 text-sm"
      >
        {all.map((each) => (
          <option key={wordOf(each, all)} value={wordOf(each, all)}>
            {each.platform ?? shortDigest(each.digest)}
          </option>
        ))}
      </select>
    </label>
  )
}
