import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { type ItemOf, readPages } from '../api/read.ts'
import { Badge } from '../kit/badge.tsx'
import { Button } from '../kit/button.tsx'
import { Empty } from '../kit/empty.tsx'
import { formatBytes, shortDigest } from '../kit/format.ts'
import { FilterBox, List } from '../kit/list.tsx'
import { Modal } from '../kit/modal.tsx'
import { Ago } from '../kit/time.tsx'
import { FirstPush } from '../projects/first-push.tsx'
import { ChosenTags } from './chosen-tags.tsx'
import { DeleteTags } from './delete-tags.tsx'
import { PullLines } from './pull-lines.tsx'
import type { RepositoryViewProps } from './repository-tabs.tsx'
import { TagDetails } from './tag-details.tsx'

type Tag = ItemOf<'/repositories/{repository}/tags'>
type Order = 'name' | '-name' | 'pushed' | '-pushed'
const ORDERS: readonly (readonly [Order, string])[] = [
  ['-pushed', 'newest first'],
  ['pushed', 'oldest first'],
  ['name', 'by name'],
  ['-name', 'by name, from the end'],
]

/** Tags as the page shows them first, or in another order, or some of them. */
export function tagPages(repository: string, sort: Order = '-pushed', q = '') {
  const params = { path: { repository }, query: { sort, ...(q !== '' && { q }) } }
  return readPages('/repositories/{repository}/tags', { params })
}

export function Tags({ repository, may }: RepositoryViewProps) {
  const [q, setQ] = useState('')
  const [sort, setSort] = useState<Order>('-pushed')
  const [pulled, setPulled] = useState<string>()
  const [doomed, setDoomed] = useState<string>()
  const [looked, setLooked] = useState<string>()
  const [chosen, setChosen] = useState<readonly string[]>([])
  const choose = (name: string, isChosen: boolean) =>
    setChosen((before) => [...before.filter((each) => each !== name), ...(isChosen ? [name] : [])])
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <FilterBox label="Find tags" text={q} onText={setQ} />
        <select
          aria-label="Order"
          value={sort}
          onChange={({ target }) => setSort(target.value as Order)}
          className="rounded-md border border-control bg-page px-2 py-1.5 text-sm"
        >
          {ORDERS.map(([order, text]) => (
            <option key={order} value={order}>
              {text}
            </option>
          ))}
        </select>
      </div>
      {chosen.length > 0 && <ChosenTags {...{ repository, may, chosen }} onClear={() => setChosen([])} />}
      <List
        label="Tags"
        pages={tagPages(repository, sort, q)}
        keyOf={({ name }) => name}
        empty={q === '' ? <FirstPush repository={repository} /> : <Empty title={`No tag has "${q}" in its name.`} />}
        row={(tag) => (
          <TagRow
            {...{ repository, tag }}
            isChosen={chosen.includes(tag.name)}
            onChoose={(isChosen) => choose(tag.name, isChosen)}
            onPull={() => setPulled(tag.name)}
            onLook={() => setLooked(tag.name)}
            {...(may.includes('delete') && { onDelete: () => setDoomed(tag.name) })}
          />
        )}
      />
      {pulled !== undefined && (
        <Modal title={`Pull ${repository}:${pulled}`} onClose={() => setPulled(undefined)} wide>
          <PullLines repository={repository} reference={pulled} />
          <div className="mt-4 flex justify-end">
            <Button onClick={() => setPulled(undefined)}>Close</Button>
          </div>
        </Modal>
      )}
      {looked !== undefined && (
        <Modal title={`${repository}:${looked}`} onClose={() => setLooked(undefined)} wide>
          <TagDetails {...{ repository, may }} tag={looked} onClose={() => setLooked(undefined)} />
        </Modal>
      )}
      {doomed !== undefined && (
        <Modal title={`Delete the tag ${doomed}?`} onClose={() => setDoomed(undefined)} wide>
          <DeleteTags
            {...{ repository, tags: [doomed] }}
            onClose={() => setDoomed(undefined)}
            onDone={() => choose(doomed, false)}
          />
        </Modal>
      )}
    </>
  )
}

interface TagRowProps {
  readonly repository: string
  readonly tag: Tag
  readonly isChosen: boolean
  readonly onChoose: (isChosen: boolean) => void
  readonly onPull: () => void
  readonly onLook: () => void
  readonly onDelete?: () => void
}

function TagRow({ repository, tag, isChosen, onChoose, onPull, onLook, onDelete }: TagRowProps) {
  const { name, digest, imageBytes, platforms, pushedAt, pulledAt } = tag
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
      <input
        type="checkbox"
        aria-label={`Choose ${name}`}
        checked={isChosen}
        onChange={({ target }) => onChoose(target.checked)}
        className="size-4 accent-accent"
      />
      <div className="min-w-0 flex-1 basis-48">
        <Link to="/i/$" params={{ _splat: repository }} search={{ ref: name }} className="font-medium break-all">
          {name}
        </Link>
        <p className="flex flex-wrap gap-x-2 gap-y-1 text-xs text-soft">
          <code className="font-mono" title={digest}>
            {shortDigest(digest)}
          </code>
          {platforms?.slice(0, 4).map((platform) => (
            <Badge key={platform}>{platform}</Badge>
          ))}
          {platforms !== undefined && platforms.length > 4 && <span>and {platforms.length - 4} more</span>}
        </p>
      </div>
      <p className="text-sm text-soft tabular-nums sm:w-24 sm:text-right">
        {imageBytes === undefined ? 'index' : formatBytes(imageBytes)}
      </p>
      <p className="text-xs text-soft sm:w-40">
        pushed <Ago at={pushedAt} />
        <br className="hidden sm:block" /> pulled <Ago at={pulledAt} />
      </p>
      <div className="flex gap-2">
        <Button aria-label={`How to pull ${name}`} onClick={onPull}>
          Pull
        </Button>
        <Button aria-label={`More about ${name}`} onClick={onLook}>
          More
        </Button>
        {onDelete !== undefined && (
          <Button tone="danger" aria-label={`Delete ${name}`} onClick={onDelete}>
            Delete
          </Button>
        )}
      </div>
    </div>
  )
}
