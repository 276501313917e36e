import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type ItemOf, read } from '../api/read.ts'
import { Badge, type Mood } from '../kit/badge.tsx'
import { Empty } from '../kit/empty.tsx'
import { FilterBox } from '../kit/list.tsx'
import { Shown } from '../kit/shown.tsx'
import { PartTitle } from './part-title.tsx'

type Setting = ItemOf<'/settings'>

/** The configuration in force. */
export function Settings() {
  const [q, setQ] = useState('')
  const settings = useQuery(read('/settings'))
  return (
    <>
      <PartTitle text="Settings">
        The configuration that is in force. It is changed in the file, by variables or flags, and holds from the next
        start.
      </PartTitle>
      <div className="mb-3">
        <FilterBox label="Find settings" text={q} onText={setQ} />
      </div>
      <Shown query={settings}>
        {({ items }) => {
          const found = items.filter((setting) => isAbout(setting, q.toLowerCase()))
          if (found.length === 0) return <Empty title={`No setting has "${q}" in it.`} />
          return (
            <>
              <p role="status" className="mb-1.5 text-xs text-soft">
                {found.length.toLocaleString()}
              </p>
              <ul aria-label="Settings" className="rounded-lg border border-line bg-card">
                {found.map((setting) => (
                  <SettingRow key={setting.key} setting={setting} />
                ))}
              </ul>
            </>
          )
        }}
      </Shown>
    </>
  )
}

function isAbout({ key, description, origin }: Setting, q: string): boolean {
  return [key, description, origin].some((text) => text.toLowerCase().includes(q))
}

const MOODS: Readonly<Record<Setting['origin'], Mood>> = {
  default: 'plain',
  file: 'info',
  environment: 'info',
  flag: 'info',
  distribution: 'info',
}

function SettingRow({ setting }: { readonly setting: Setting }) {
  const { key, origin, description, isHidden, default: usual } = setting
  return (
    <li className="border-b border-line px-3 py-2.5 text-sm last:border-0">
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <code className="font-mono font-medium break-all">{key}</code>
        <span className="font-mono text-xs break-all">{valueText(setting)}</span>
        {isHidden && <Badge>not all is shown</Badge>}
        <span className="sm:ml-auto">
          <Badge mood={MOODS[origin]}>{origin}</Badge>
        </span>
      </div>
      <p className="mt-0.5 max-w-prose break-words text-soft">{description}</p>
      {origin !== 'default' && usual !== undefined && <p className="text-xs text-soft">Otherwise: {usual}</p>}
    </li>
  )
}

function valueText({ value }: Setting): string {
  if (value === undefined) return '—'
  return Array.isArray(value) ? value.join(', ') : String(value)
}
