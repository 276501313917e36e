import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useCallback, useState } from 'react'
import { type ItemOf, type Pages, read, readPages } from '../api/read.ts'
import { modeText } from '../image/files/text.ts'
import { patiently } from '../image/files/patiently.ts'
import { Empty } from '../kit/empty.tsx'
import { formatBytes, visibleName } from '../kit/format.ts'
import { FilterBox, List } from '../kit/list.tsx'
import { Shown } from '../kit/shown.tsx'
import { type Change, ChangeBadge } from './change-badge.tsx'
import { type CompareViewProps, type Pair, paramsOf } from './compared.ts'
import { ChangeChoice } from './filtered.tsx'
import { difference } from './sizes.tsx'

const PATH = '/repositories/{repository}/compare/files'
type FileChange = ItemOf<typeof PATH>
type FileState = NonNullable<FileChange['before']>

export function ChangedFiles({ pair }: CompareViewProps) {
  const [q, setQ] = useState('')
  const [change, setChange] = useState<Change | ''>('')
  const onText = useCallback((text: string) => setQ(text), [])
  const { path, query } = paramsOf(pair)
  const asked = read(PATH, { params: { path, query: { ...query, limit: 1 } } })
  const totals = useQuery({ ...asked, queryFn: (context) => patiently(() => asked.queryFn(context)) })
  return (
    <Shown query={totals}>
      {({ added, removed, changed, bytesBefore, bytesAfter, before, after }) => (
        <>
          <p className="mb-3 text-sm text-soft">
            {added.count.toLocaleString()} added ({formatBytes(added.bytes)}), {removed.count.toLocaleString()} removed
            ({formatBytes(removed.bytes)}), {changed.count.toLocaleString()} changed. Unpacked, all files have{' '}
            {formatBytes(bytesBefore)} and {formatBytes(bytesAfter)}: {difference(bytesAfter - bytesBefore)}.
          </p>
          {[before, after].some(({ state }) => state !== 'complete') && (
            <p className="mb-3 rounded-lg border border-warn bg-card p-3 text-sm text-warn">
              Some files may be missing: {[...new Set([...before.reasons, ...after.reasons])].join('; ')}.
            </p>
          )}
          <div className="mb-3 flex flex-wrap items-center gap-2">
            <FilterBox label="Find files by name" text={q} onText={onText} />
            <ChangeChoice
              value={change}
              onChange={setChange}
              options={[
                ['changed', changed.count],
                ['added', added.count],
                ['removed', removed.count],
              ]}
            />
          </div>
          <List
            label="Files that differ"
            pages={changePages(pair, q, change)}
            keyOf={({ path: at }) => at}
            rowHeight={41}
            empty={
              <Empty title={q === '' && change === '' ? 'No file differs.' : 'None of the changes is like that.'} />
            }
            row={(item) => <FileRow {...{ pair, item }} />}
          />
        </>
      )}
    </Shown>
  )
}

function changePages(pair: Pair, q: string, change: Change | ''): Pages<FileChange> {
  const { path, query } = paramsOf(pair)
  const only = change === '' || change === 'common' ? {} : { change }
  return readPages(PATH, { params: { path, query: { ...query, ...only, ...(q !== '' && { q }) } } })
}

function FileRow({ pair, item }: { readonly pair: Pair; readonly item: FileChange }) {
  const { path, change, before, after } = item
  const place = change === 'removed' ? { repository: pair.repository, reference: pair.from } : pair.to
  const isFile = (after ?? before)?.kind === 'file'
  return (
    <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1 text-sm">
      <span className="w-20">
        <ChangeBadge change={change} />
      </span>
      <span className="min-w-0 flex-1 basis-48 break-all">
        {isFile ? (
          <Link
            to="/i/$"
            params={{ _splat: place.repository }}
            search={{ ref: place.reference, tab: 'files', path: `/${path}`, platform: pair.platform }}
            className="underline"
          >
            {visibleName(path)}
          </Link>
        ) : (
          visibleName(path)
        )}
      </span>
      <span className="text-xs text-soft tabular-nums">{whatChanged(before, after)}</span>
    </div>
  )
}

/** In words: 3 B → 5 B, rw-r--r-- → rwxr-xr-x. */
function whatChanged(before: FileState | undefined, after: FileState | undefined): string {
  const told = (of: FileState) => (of.kind === 'file' ? formatBytes(of.sizeBytes) : of.kind)
  if (before === undefined || after === undefined) return [before, after].flatMap((of) => (of ? told(of) : [])).join('')
  const pairs: readonly (readonly [string, string])[] = [
    [told(before), told(after)],
    [modeText(before.mode), modeText(after.mode)],
    [ownerOf(before), ownerOf(after)],
    [visibleName(before.link ?? ''), visibleName(after.link ?? '')],
  ]
  const said = pairs.filter(([was, is]) => was !== is).map(([was, is]) => `${was} → ${is}`)
  const isOther = before.hash !== after.hash && told(before) === told(after)
  return [...(isOther ? ['other content'] : []), ...said].join(', ')
}

function ownerOf({ uid, gid }: FileState): string {
  return uid === undefined ? '' : `${uid}:${gid ?? '?'}`
}
