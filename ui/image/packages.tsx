import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useCallback, useState } from 'react'
import { useChange } from '../api/change.ts'
import { ApiError, api, bodyOf } from '../api/client.ts'
import { type Pages, read } from '../api/read.ts'
import { Badge } from '../kit/badge.tsx'
import { Button, DownloadLink } from '../kit/button.tsx'
import { Card } from '../kit/card.tsx'
import { Empty } from '../kit/empty.tsx'
import { Facts } from '../kit/facts.tsx'
import { shortDigest, visibleName } from '../kit/format.ts'
import { FilterBox, List } from '../kit/list.tsx'
import { Shown } from '../kit/shown.tsx'
import { Ago } from '../kit/time.tsx'
import type { ImageViewProps } from './image.ts'
import { LookAgain } from './look-again.tsx'

interface Place {
  readonly repository: string
  readonly reference: string
}

function readInventory(path: Place) {
  return read('/repositories/{repository}/images/{reference}/inventory', { params: { path, query: { limit: 1 } } })
}

type Inventory = Awaited<ReturnType<ReturnType<typeof readInventory>['queryFn']>>
type Package = Inventory['packages'][number]

function packagePages(path: Place, q: string): Pages<Package> {
  return {
    queryKey: ['packages', path, q],
    pageOf: async (after, signal) => {
      const params = { path, query: { after, q, limit: 200 } }
      const { packages, ...page } = await bodyOf(
        api.GET('/repositories/{repository}/images/{reference}/inventory', { params, signal }),
      )
      return { items: packages, ...page }
    },
  }
}

/** What is installed in it, and what others say that is. */
export function Packages({ repository, named, image, may }: ImageViewProps) {
  const place = { repository, reference: image?.digest ?? '' }
  const inventory = useQuery(readInventory(place))
  return (
    <>
      {isUnknown(inventory) ? (
        <Empty title="Nobody has looked into this image yet.">
          <p className="mb-3">
            Its packages are listed once it was scanned. Its files can be gone through all the same.
          </p>
          {may.includes('push') && <LookAgain place={place} text="Look into it" />}
        </Empty>
      ) : (
        <Shown query={inventory}>{(found) => <System inventory={found} place={place} may={may} />}</Shown>
      )}
      {inventory.data !== undefined && <PackageList place={place} />}
      <AttachedSboms place={place} title="Attached bills of materials" />
      {named.kind === 'index' && (
        <AttachedSboms
          place={{ repository, reference: named.digest }}
          title="Bills of materials that are attached to the index"
        />
      )}
    </>
  )
}

function isUnknown({ data, error }: UseQueryResult<Inventory>): boolean {
  return data === undefined && error instanceof ApiError && error.status === 404
}

function System({
  inventory,
  place,
  may,
}: {
  readonly inventory: Inventory
  readonly place: Place
  readonly may: readonly string[]
}) {
  const { os, base, state, reasons, analyzedAt } = inventory
  return (
    <Card title="What it is made of" actions={<Sboms place={place} may={may} />}>
      {state !== 'complete' && (
        <p className="mb-3 text-sm text-warn">
          Not all of it is known ({state}){reasons.length > 0 && `: ${reasons.join('; ')}`}.
        </p>
      )}
      <Facts
        facts={[
          ['System', os && visibleName(os.prettyName ?? `${os.id} ${os.versionId}`)],
          ['Built upon', base?.name ?? base?.digest],
          ['Looked into', <Ago key="at" at={analyzedAt} />],
        ]}
      />
    </Card>
  )
}

const FORMATS = [
  ['cyclonedx', 'CycloneDX', 'cdx.json'],
  ['spdx', 'SPDX', 'spdx.json'],
] as const

function Sboms({ place, may }: { readonly place: Place; readonly may: readonly string[] }) {
  const { repository, reference } = place
  const attach = useChange({
    work: () =>
      bodyOf(
        api.POST('/repositories/{repository}/images/{reference}/sbom', {
          params: { path: place },
          body: { format: 'cyclonedx' },
        }),
      ),
    said: 'The bill of materials is attached to the image now: clients find it among its referrers.',
  })
  return (
    <>
      <span className="text-sm text-soft">Bill of materials</span>
      {FORMATS.map(([format, label, ending]) => (
        <DownloadLink
          key={format}
          href={`/api/v1/repositories/${encodeURIComponent(repository)}/images/${reference}/sbom?format=${format}`}
          download={`${repository.replaceAll('/', '-')}.${ending}`}
        >
          {label}
        </DownloadLink>
      ))}
      {may.includes('push') && (
        <Button disabled={attach.isPending} onClick={() => attach.mutate()}>
          Attach it to the image
        </Button>
      )}
      {attach.error !== null && <span className="text-sm text-danger">{attach.error.message}</span>}
    </>
  )
}

function PackageList({ place }: { readonly place: Place }) {
  const [q, setQ] = useState('')
  const onText = useCallback((text: string) => setQ(text), [])
  return (
    <section aria-label="Packages" className="mb-4">
      <div className="mb-3">
        <FilterBox label="Find packages" text={q} onText={onText} />
      </div>
      <List
        label="Packages"
        pages={packagePages(place, q)}
        keyOf={({ purl, path }) => `${purl} ${path}`}
        empty={
          <Empty title={q === '' ? 'No packages were found in it.' : `No package has "${q}" in its URL.`}>
            {q === '' && 'Nothing in it is known to a package manager; a single program, for example, is not.'}
          </Empty>
        }
        row={(each) => <PackageRow each={each} />}
      />
    </section>
  )
}

function PackageRow({ each: { name, version, type, licenses, path, layer, purl } }: { readonly each: Package }) {
  return (
    <div className="flex flex-wrap items-baseline gap-x-4 gap-y-1">
      <div className="min-w-0 flex-1 basis-60">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <span className="font-medium break-all" title={purl}>
            {visibleName(name)}
          </span>
          <code className="font-mono text-xs break-all">{visibleName(version)}</code>
          <Badge>{type}</Badge>
        </p>
        <p className="text-xs break-all text-soft">
          {visibleName(path)} <span title={layer}>in {shortDigest(layer)}</span>
        </p>
      </div>
      <p className="text-sm break-words text-soft sm:w-64 sm:text-right">
        {licenses === undefined || licenses.length === 0 ? 'license unknown' : visibleName(licenses.join(', '))}
      </p>
    </div>
  )
}

/** What others found in it. */
function AttachedSboms({ place, title }: { readonly place: Place; readonly title: string }) {
  const { data } = useQuery(read('/repositories/{repository}/images/{reference}/sboms', { params: { path: place } }))
  if (data === undefined || data.items.length === 0) return null
  return (
    <Card title={title}>
      <ul className="text-sm">
        {data.items.map(({ manifest, format, tool, packages, truncated, problems }) => (
          <li
            key={manifest}
            className="flex flex-wrap items-baseline gap-x-4 gap-y-1 border-b border-line py-2 last:border-0"
          >
            <Link
              to="/i/$"
              params={{ _splat: place.repository }}
              search={{ ref: manifest }}
              className="font-mono text-xs underline"
            >
              {shortDigest(manifest)}
            </Link>
            <Badge>{format}</Badge>
            <span className="break-all">{tool !== undefined && `by ${visibleName(tool)}`}</span>
            <span className="text-soft">
              {packages.length}
              {truncated && ' or more'} {packages.length === 1 ? 'package' : 'packages'}
            </span>
            {problems.length > 0 && <span className="text-warn">{visibleName(problems.join('; '))}</span>}
            {packages.length > 0 && (
              <details className="basis-full">
                <summary className="text-soft">What it names</summary>
                <p
                  className="mt-1 max-h-60 overflow-auto font-mono text-xs leading-5 break-all whitespace-pre-wrap"
                  tabIndex={0}
                >
                  {packages.map(({ name, version }) => visibleName(`${name} ${version}`)).join('\n')}
                </p>
              </details>
            )}
          </li>
        ))}
      </ul>
    </Card>
  )
}
