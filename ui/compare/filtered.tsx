import { type ReactNode, useCallback, useState } from 'react'
import { pagesOfAll } from '../api/read.ts'
import { Empty } from '../kit/empty.tsx'
import { FilterBox, List } from '../kit/list.tsx'
import type { Change } from './change-badge.tsx'

interface ChoiceProps {
  readonly value: Change | ''
  readonly options: readonly (readonly [Change, number])[]
  readonly onChange: (value: Change | '') => void
}

/** Which kind of change; how many there are of each. */
export function ChangeChoice({ value, options, onChange }: ChoiceProps) {
  return (
    <select
      aria-label="Which changes"
      value={value}
      onChange={({ target }) => onChange(target.value as Change | '')}
      className="rounded-md border border-control bg-page px-2 py-1.5 text-sm"
    >
      <option value="">every change</option>
      {options.map(([change, count]) => (
        <option key={change} value={change}>
          {change} ({count.toLocaleString()})
        </option>
      ))}
    </select>
  )
}

interface Item {
  readonly change: Change
  readonly key: string
  /** What is looked for in it. */
  readonly text: string
}

interface FilteredProps<Kind extends Item> {
  readonly label: string
  readonly find: string
  readonly queryKey: readonly unknown[]
  readonly items: readonly Kind[]
  readonly options: ChoiceProps['options']
  readonly row: (item: Kind) => ReactNode
}

/** A list of changes that came whole. */
export function Filtered<Kind extends Item>({ label, find, queryKey, items, options, row }: FilteredProps<Kind>) {
  const [text, setText] = useState('')
  const [change, setChange] = useState<Change | ''>('')
  const onText = useCallback((typed: string) => setText(typed), [])
  const wanted = text.toLowerCase()
  const found = items.filter(
    (each) => (change === '' || each.change === change) && each.text.toLowerCase().includes(wanted),
  )
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <FilterBox label={find} text={text} onText={onText} />
        <ChangeChoice value={change} options={options} onChange={setChange} />
      </div>
      <List
        label={label}
        pages={pagesOfAll([...queryKey, change, wanted], found)}
        keyOf={({ key }) => key}
        rowHeight={41}
        empty={<Empty title={items.length === 0 ? 'Nothing differs.' : 'None of the changes is like that.'} />}
        row={row}
      />
    </>
  )
}
