import { Badge } from '../kit/badge.tsx'
import { Empty } from '../kit/empty.tsx'
import { visibleName } from '../kit/format.ts'
import { ChangeBadge } from './change-badge.tsx'
import type { CompareViewProps, Comparison } from './compared.ts'
import { Filtered } from './filtered.tsx'

type Packages = NonNullable<Comparison['packages']>

export function ChangedPackages({ pair, found: { packages } }: CompareViewProps) {
  if (packages === undefined)
    return <Empty title="Packages are compared once both images were looked into.">That takes some seconds.</Empty>
  const { counts, unchanged } = packages
  const items = itemsOf(packages)
  const listed = counts.added + counts.removed + counts.changed
  return (
    <>
      <p className="mb-3 text-sm text-soft">
        {counts.added} added, {counts.removed} removed, {counts.changed} changed, {unchanged} the same.
        {items.length < listed && ` The first ${items.length.toLocaleString()} are listed.`}
      </p>
      <Filtered
        label="Packages that differ"
        find="Find packages"
        queryKey={['compared packages', pair]}
        items={items}
        options={[
          ['changed', counts.changed],
          ['added', counts.added],
          ['removed', counts.removed],
        ]}
        row={({ change, name, type, before, after, direction }) => (
          <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1 text-sm">
            <span className="w-20">
              <ChangeBadge change={change} />
            </span>
            <span className="min-w-0 flex-1 basis-40 break-all">
              <span className="font-medium">{visibleName(name)}</span> <Badge>{type}</Badge>
            </span>
            <code className="font-mono text-xs break-all">
              {[before, after].flatMap((version) => (version === undefined ? [] : visibleName(version))).join(' → ')}
            </code>
            {direction === 'down' && <Badge mood="warn">older</Badge>}
          </div>
        )}
      />
    </>
  )
}

interface Item {
  readonly change: 'added' | 'removed' | 'changed'
  readonly key: string
  readonly text: string
  readonly name: string
  readonly type: string
  readonly before?: string
  readonly after?: string
  readonly direction?: 'up' | 'down' | 'same' | undefined
}

function itemsOf({ added, removed, changed }: Packages): Item[] {
  const itemOf = (item: Omit<Item, 'key' | 'text'>): Item => {
    const { change, type, name, before, after } = item
    return { ...item, key: [change, type, name, before, after].join(' '), text: `${type} ${name}` }
  }
  return [
    ...changed.map((each) => itemOf({ change: 'changed', ...each })),
    ...added.map(({ version, ...each }) => itemOf({ change: 'added', ...each, after: version })),
    ...removed.map(({ version, ...each }) => itemOf({ change: 'removed', ...each, before: version })),
  ]
}
