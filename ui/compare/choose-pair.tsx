import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useId, useState } from 'react'
import { read } from '../api/read.ts'
import { platformsOf, readImage } from '../image/image.ts'
import { textOf } from '../kit/form.tsx'
import { Button } from '../kit/button.tsx'
import { parsePlace } from './compared.ts'

interface ChooseProps {
  readonly repository: string
  readonly from: string
  readonly to: string
  readonly platform: string | undefined
}

const FIELD = 'w-full min-w-0 rounded-md border border-control bg-page px-2.5 py-1.5 text-sm placeholder:text-soft'

/** Which two; tags are offered as one types. */
export function ChoosePair({ repository, from, to, platform }: ChooseProps) {
  const navigate = useNavigate()
  const go = (search: { readonly ref: string; readonly with: string; readonly platform: string }) =>
    void navigate({ to: '/compare/$', params: { _splat: repository }, search })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const data = new FormData(event.currentTarget)
    const text = (name: string) => textOf(data, name) ?? ''
    go({ ref: text('from'), with: text('to'), platform: text('platform') })
  }
  return (
    <form onSubmit={submit} className="mb-4 flex flex-wrap items-end gap-3 rounded-lg border border-line bg-card p-4">
      <TagField name="from" label="From" repository={repository} text={from} />
      <TagField name="to" label="To" repository={repository} text={to} />
      <PlatformField {...{ repository, from, to, platform }} />
      <div className="flex gap-2">
        <Button type="submit" tone="main">
          Compare
        </Button>
        {from !== '' && to !== '' && parsePlace(to, repository).repository === repository && (
          <Button onClick={() => go({ ref: to, with: from, platform: platform ?? '' })}>Swap</Button>
        )}
      </div>
    </form>
  )
}

interface TagFieldProps {
  readonly name: string
  readonly label: string
  readonly repository: string
  readonly text: string
}

function TagField({ name, label, repository, text }: TagFieldProps) {
  const id = useId()
  const [typed, setTyped] = useState(text)
  // Where there is something already, the others are offered.
  const q = typed === text ? '' : typed
  const query = { limit: 50, sort: '-pushed' as const, ...(q !== '' && { q }) }
  const { data } = useQuery({
    ...read('/repositories/{repository}/tags', { params: { path: { repository }, query } }),
    placeholderData: (before) => before,
  })
  return (
    <div className="min-w-0 flex-1 basis-56">
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {label}
      </label>
      <input
        id={id}
        name={name}
        list={`${id}-tags`}
        value={typed}
        onChange={({ target }) => setTyped(target.value)}
        placeholder="a tag or a digest"
        required
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        className={FIELD}
      />
      <datalist id={`${id}-tags`}>
        {data?.items.map((tag) => (
          <option key={tag.name} value={tag.name} />
        ))}
      </datalist>
    </div>
  )
}

/** Where one of them is an index. */
function PlatformField({ repository, from, to, platform = '' }: ChooseProps) {
  const id = useId()
  const other = parsePlace(to, repository)
  const one = useQuery({ ...readImage(repository, from), enabled: from !== '' })
  const two = useQuery({ ...readImage(other.repository, other.reference), enabled: to !== '' })
  const both = [one.data, two.data].flatMap((image) => (image === undefined ? [] : platformsOf(image)))
  const names = [...new Set(both.flatMap((each) => each.platform ?? []))].sort()
  if (names.length === 0) return null
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        Platform
      </label>
      <select id={id} name="platform" defaultValue={platform} className={FIELD}>
        <option value="">the usual one</option>
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </div>
  )
}
