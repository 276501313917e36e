import { Link } from '@tanstack/react-router'
import { type ItemOf, readPages } from '../api/read.ts'
import { Badge } from '../kit/badge.tsx'
import { Empty } from '../kit/empty.tsx'
import { formatBytes, shortDigest, visibleName } from '../kit/format.ts'
import { List } from '../kit/list.tsx'
import { Ago } from '../kit/time.tsx'
import type { ImageViewProps } from './image.ts'
import { kindOf } from './kinds.ts'

type Referrer = ItemOf<'/repositories/{repository}/images/{reference}/referrers'>

/** What says that it is about this. */
export function Referrers({ repository, named, image }: ImageViewProps) {
  const both = image === undefined || image.digest === named.digest ? [named] : [named, image]
  return (
    <>
      {named.subject !== undefined && (
        <p className="mb-3 text-sm">
          It is about{' '}
          <Link
            to="/i/$"
            params={{ _splat: repository }}
            search={{ ref: named.subject.digest }}
            className="font-mono underline"
          >
            {shortDigest(named.subject.digest)}
          </Link>
          .
        </p>
      )}
      {both.map(({ digest, kind }) => (
        <section key={digest} className="mb-6">
          {both.length > 1 && (
            <h2 className="mb-2 text-base font-semibold">
              {kind === 'index' ? 'About the index' : 'About the image of this platform'}
            </h2>
          )}
          <List
            label={kind === 'index' ? 'Referrers of the index' : 'Referrers'}
            pages={readPages('/repositories/{repository}/images/{reference}/referrers', {
              params: { path: { repository, reference: digest }, query: { limit: 50 } },
            })}
            keyOf={(each) => each.digest}
            empty={
              <Empty title="Nothing refers to it.">
                Signatures, bills of materials and other statements that name this image as their subject are shown
                here.
              </Empty>
            }
            row={(each) => <ReferrerRow {...{ repository, each }} />}
          />
        </section>
      ))}
    </>
  )
}

function ReferrerRow({ repository, each }: { readonly repository: string; readonly each: Referrer }) {
  const { digest, artifactType, mediaType, annotations, size, pushedAt } = each
  const type = artifactType ?? mediaType
  const said = Object.entries(annotations)
  return (
    <div className="flex flex-wrap items-baseline gap-x-4 gap-y-1 text-sm">
      <Link
        to="/i/$"
        params={{ _splat: repository }}
        search={{ ref: digest }}
        className="font-mono text-xs underline"
        title={digest}
      >
        {shortDigest(digest)}
      </Link>
      <Badge mood="info">{kindOf(type)}</Badge>
      <span className="min-w-0 text-xs break-all text-soft">{type}</span>
      <span className="text-xs text-soft sm:ml-auto">
        {formatBytes(size)}, pushed <Ago at={pushedAt} />
      </span>
      {said.length > 0 && (
        <details className="basis-full text-xs text-soft">
          <summary>
            {said.length} {said.length === 1 ? 'annotation' : 'annotations'}
          </summary>
          <ul className="mt-1 space-y-0.5 break-all">
            {said.slice(0, 50).map(([name, value]) => (
              <li key={name}>
                <span className="font-mono">{visibleName(name)}</span>: {visibleName(value.slice(0, 500))}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  )
}
