import { infiniteQueryOptions, useInfiniteQuery } from '@tanstack/react-query'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { memo, type ReactNode, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { Pages } from '../api/read.ts'
import { Failure, isUnauthorized } from './failure.tsx'
import { Loading } from './shown.tsx'

interface ListProps<Item> {
  readonly label: string
  readonly pages: Pages<Item>
  readonly keyOf: (item: Item) => string | number
  readonly row: (item: Item) => ReactNode
  /** Shown where there is nothing at all. */
  readonly empty: ReactNode
  /** Of a row in pixels, before it is measured. */
  readonly rowHeight?: number
}

/** Rows that are asked for before one sees them. */
const AHEAD = 100

/** What a List asks: to ask it before the list can be shown, say this to usePrefetchInfiniteQuery. */
export function listQuery<Item>(pages: Pages<Item>) {
  return infiniteQueryOptions({
    queryKey: pages.queryKey,
    queryFn: ({ pageParam, signal }) => pages.pageOf(pageParam, signal),
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
  })
}

/** A list of any length: pages come as one scrolls, and only the rows in view are in the document. */
export function List<Item>({ label, pages, keyOf, row, empty, rowHeight = 56 }: ListProps<Item>) {
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery({
    ...listQuery(pages),
    placeholderData: (before) => before,
  })
  const items = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data])
  const total = data?.pages[0]?.total
  const [reached, setReached] = useState(0)
  const wanted = hasNextPage && !isFetchingNextPage && error === null && reached > items.length - AHEAD
  useEffect(() => {
    if (wanted) void fetchNextPage()
  }, [wanted, fetchNextPage])
  if (error !== null && data === undefined)
    return (
      <>
        <Failure error={error} />
        {isUnauthorized(error) && <div className="mt-4">{empty}</div>}
      </>
    )
  if (data === undefined) return <Loading />
  if (items.length === 0) return empty
  const count = total ?? items.length
  return (
    <>
      {error !== null && <Failure error={error} />}
      <p role="status" className="mb-1.5 text-xs text-soft">
        {count.toLocaleString()}
        {hasNextPage && total === undefined && ' or more'}
      </p>
      <Rows
        {...{ label, items, keyOf, row, rowHeight }}
        onReached={setReached}
        count={hasNextPage && total === undefined ? -1 : count}
      />
    </>
  )
}

interface RowsProps<Item> extends Pick<ListProps<Item>, 'label' | 'row' | 'keyOf'> {
  readonly items: readonly Item[]
  readonly rowHeight: number
  /** Of all of them; -1: nobody knows. */
  readonly count: number
  /** Told of the last row in view. */
  readonly onReached: (index: number) => void
}

function Rows<Item>({ label, items, row, keyOf, rowHeight, onReached, count }: RowsProps<Item>) {
  const list = useRef<HTMLUListElement>(null)
  const [top, setTop] = useState(0)
  useLayoutEffect(() => setTop(list.current?.offsetTop ?? 0), [])
  const rows = useWindowVirtualizer({
    count: items.length,
    estimateSize: () => rowHeight,
    overscan: 10,
    scrollMargin: top,
    getItemKey: (index) => {
      const item = items[index]
      return item === undefined ? index : keyOf(item)
    },
  })
  const shown = rows.getVirtualItems()
  const last = shown.at(-1)?.index ?? 0
  useEffect(() => onReached(last), [last, onReached])
  return (
    <ul
      ref={list}
      aria-label={label}
      className="relative rounded-lg border border-line bg-card"
      style={{ height: rows.getTotalSize() }}
    >
      {shown.map(({ index, key, start }) => {
        const item = items[index]
        if (item === undefined) return null
        return (
          <li
            key={key}
            ref={rows.measureElement}
            data-index={index}
            aria-setsize={count}
            aria-posinset={index + 1}
            className={`absolute top-0 left-0 w-full px-3 py-2.5 ${index < items.length - 1 ? 'border-b border-line' : ''}`}
            style={{ transform: `translateY(${start - top}px)` }}
          >
            <Cell item={item} row={row as (item: unknown) => ReactNode} />
          </li>
        )
      })}
    </ul>
  )
}

/** Drawn once, and not again with each step of scrolling. */
const Cell = memo(function Cell({ item, row }: { readonly item: unknown; readonly row: (item: unknown) => ReactNode }) {
  return row(item)
})

interface FilterProps {
  readonly label: string
  readonly text: string
  readonly onText: (text: string) => void
}

const PAUSE_MS = 200

/** Narrows a list; the server is asked when one pauses. */
export function FilterBox({ label, text, onText }: FilterProps) {
  const [typed, setTyped] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => onText(typed.trim()), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [typed, onText])
  return (
    <input
      type="search"
      aria-label={label}
      placeholder={label}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
      className="w-full min-w-0 rounded-md border border-control bg-page px-2.5 py-1.5 text-sm placeholder:text-soft sm:w-64"
    />
  )
}
