import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useEffect, useRef } from 'react'
import { Badge } from '../../kit/badge.tsx'
import { Empty } from '../../kit/empty.tsx'
import { Failure } from '../../kit/failure.tsx'
import { formatBytes, formatDate, shortDigest, visibleName } from '../../kit/format.ts'
import { FilterBox, List } from '../../kit/list.tsx'
import type { Words } from '../../router.tsx'
import type { Image, ImageViewProps } from '../image.ts'
import { FileView } from './file-view.tsx'
import { EntryMark } from './entry-mark.tsx'
import { type Entry, filePages, type Inside, readState } from './read-files.ts'
import { modeText } from './text.ts'

/** Folders end with a slash in the address, and files do not. */
export function Files({ repository, image }: ImageViewProps) {
  const { path = '/', layer, q = '' } = useSearch({ from: '/i/$' })
  const inside = { repository, digest: image?.digest ?? '', layer }
  const state = useQuery({ ...readState(inside), enabled: image !== undefined })
  if (image === undefined) return null
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <LayerChoice image={image} layer={layer} />
        <Find key={`${path} ${layer}`} q={q} />
      </div>
      {state.data === undefined && state.error === null && (
        <p role="status" className="py-6 text-center text-sm text-soft">
          Looking inside… what nobody has read yet takes a moment.
        </p>
      )}
      {state.error !== null && state.data === undefined && <Failure error={state.error} />}
      {state.data !== undefined && state.data.state !== 'complete' && <NotAll reasons={state.data.reasons} />}
      {state.data !== undefined && <Place {...{ inside, path, q }} />}
    </>
  )
}

function NotAll({ reasons }: { readonly reasons: readonly string[] }) {
  return (
    <p className="mb-3 rounded-lg border border-warn bg-card p-3 text-sm text-warn">
      Some files may be missing: {reasons.join('; ')}.
    </p>
  )
}

function useGo() {
  const navigate = useNavigate({ from: '/i/$' })
  return useCallback(
    (words: { readonly path?: string; readonly layer?: string; readonly q?: string }, replace = false) =>
      void navigate({ to: '.', search: (before: Words) => ({ ...before, ...words }), replace }),
    [navigate],
  )
}

function LayerChoice({ image, layer = '' }: { readonly image: Image; readonly layer: string | undefined }) {
  const go = useGo()
  const layers = (image.layers ?? []).filter(({ empty }) => !empty)
  return (
    <select
      aria-label="Where to look"
      value={layer}
      onChange={({ target }) => go({ layer: target.value, path: '/', q: '' })}
      className="w-full min-w-0 rounded-md border border-control bg-page px-2 py-1.5 text-sm sm:w-auto sm:max-w-md"
    >
      <option value="">The whole image</option>
      {[...new Map(layers.map(({ digest = '', size = 0 }, n) => [digest, { n, size }]))].map(
        ([digest, { n, size }]) => (
          <option key={digest} value={digest}>
            Layer {n + 1}: {shortDigest(digest)}, {formatBytes(size)}
          </option>
        ),
      )}
    </select>
  )
}

function Find({ q }: { readonly q: string }) {
  const go = useGo()
  const onText = useCallback((text: string) => text !== q && go({ q: text, path: '/' }, true), [q, go])
  return <FilterBox label="Find files by name" text={q} onText={onText} />
}

interface PlaceProps {
  readonly inside: Inside
  readonly path: string
  readonly q: string
}

function Place({ inside, path, q }: PlaceProps) {
  const go = useGo()
  const onFolder = useCallback(() => go({ path: `${path}/` }, true), [path, go])
  const isFolder = path.endsWith('/')
  if (q !== '')
    return (
      <List
        label="Files found"
        pages={filePages(inside, { q })}
        keyOf={({ path: at, type }) => `${at} ${type}`}
        rowHeight={ROW_HEIGHT}
        empty={<Empty title={`No path has "${q}" in it.`} />}
        row={(entry) => <EntryRow entry={entry} name={entry.path} />}
      />
    )
  return (
    <>
      <Trail path={path} />
      {isFolder ? (
        <List
          key={path}
          label={`What is in ${path}`}
          pages={filePages(inside, { path })}
          keyOf={({ path: at, type }) => `${at} ${type}`}
          rowHeight={ROW_HEIGHT}
          empty={<Empty title="Nothing is in this folder." />}
          row={(entry) => <EntryRow entry={entry} name={entry.name} />}
        />
      ) : (
        <FileView key={path} {...{ inside, path, onFolder }} />
      )}
    </>
  )
}

const ROW_HEIGHT = 41

function Trail({ path }: { readonly path: string }) {
  const nav = useRef<HTMLElement>(null)
  const shown = useRef(path)
  useEffect(() => {
    // The link that led here is gone: whoever goes on by keyboard goes on from here.
    if (shown.current !== path) nav.current?.focus()
    shown.current = path
  }, [path])
  const parts = path.split('/').filter((part) => part !== '')
  const isFolder = path.endsWith('/')
  return (
    <nav ref={nav} tabIndex={-1} aria-label="Folders" className="mb-2 text-sm break-all outline-none">
      <PathLink path="/">root</PathLink>
      {parts.map((part, n) => {
        const isLast = n === parts.length - 1
        const here = `/${parts.slice(0, n + 1).join('/')}/`
        return (
          <span key={here}>
            <span className="mx-1.5 text-soft" aria-hidden="true">
              /
            </span>
            {isLast ? (
              <span aria-current="page" className="font-medium">
                {visibleName(part)}
                {isFolder && <span className="sr-only"> (folder)</span>}
              </span>
            ) : (
              <PathLink path={here}>{visibleName(part)}</PathLink>
            )}
          </span>
        )
      })}
    </nav>
  )
}

function PathLink({ path, children }: { readonly path: string; readonly children: React.ReactNode }) {
  return (
    <Link from="/i/$" to="." search={(before: Words) => ({ ...before, path, q: '' })} className="underline">
      {children}
    </Link>
  )
}

function EntryRow({ entry, name }: { readonly entry: Entry; readonly name: string }) {
  const { path, type, link } = entry
  const isThere = type === 'file' || type === 'folder' || type === 'link'
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm">
      <span className="flex min-w-0 flex-1 basis-48 items-center gap-2">
        <EntryMark type={type} />
        <span className="min-w-0 break-all">
          {isThere ? (
            <PathLink path={type === 'folder' ? `/${path}/` : `/${path}`}>{visibleName(name)}</PathLink>
          ) : (
            <span className={type === 'removed' ? 'line-through' : ''}>{visibleName(name)}</span>
          )}
          {link !== undefined && <span className="text-soft"> → {visibleName(link)}</span>}
        </span>
        {type === 'removed' && <Badge mood="bad">taken away</Badge>}
        {type === 'opaque' && <Badge mood="warn">hides what was below</Badge>}
        {type === 'other' && <Badge>device or pipe</Badge>}
      </span>
      {isThere && <EntryFacts entry={entry} />}
    </div>
  )
}

function EntryFacts({ entry: { type, sizeBytes, mode, uid, gid, modified } }: { readonly entry: Entry }) {
  return (
    <span className="flex flex-wrap gap-x-4 text-xs text-soft tabular-nums">
      <code className="font-mono">{modeText(mode)}</code>
      <span className="hidden w-20 sm:inline">{uid !== undefined && `${uid}:${gid ?? '?'}`}</span>
      {/* Builds that can be repeated give every file the first moment there is. */}
      <span className="hidden w-40 sm:inline">
        {modified !== undefined && !modified.startsWith('1970') && formatDate(modified)}
      </span>
      <span className="w-16 sm:text-right">{type === 'file' && formatBytes(sizeBytes)}</span>
    </span>
  )
}
