import { useQuery } from '@tanstack/react-query'
import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import { type ItemOf, read } from '../api/read.ts'
import { Badge } from '../kit/badge.tsx'
import { Button } from '../kit/button.tsx'
import { Card } from '../kit/card.tsx'
import { Empty } from '../kit/empty.tsx'
import { Failure } from '../kit/failure.tsx'
import { ModalButton } from '../kit/modal-button.tsx'
import { pollWhile } from '../kit/poll.ts'
import { Progress } from '../kit/progress.tsx'
import { Shown } from '../kit/shown.tsx'
import { Table } from '../kit/table.tsx'
import { PartTitle } from './part-title.tsx'
import type { PartProps } from './parts.ts'

type Place = ItemOf<'/adoptions'>

/** Data of other registries, served where it lies. */
export function Adoption({ canChange }: PartProps) {
  const places = useQuery({
    ...read('/adoptions'),
    ...pollWhile(({ items }: { readonly items: readonly Place[] }) => items.some(({ state }) => state !== 'done')),
  })
  return (
    <>
      <PartTitle text="Adoption">Data of other registries, served where it lies, without a copy.</PartTitle>
      <Shown query={places}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nothing is adopted.">
              Name the folder or bucket of another registry under "adopt" in the configuration: its images are served as
              soon as they are read.
            </Empty>
          ) : (
            items.map((place) => <PlaceCard key={place.place} {...{ place, canChange }} />)
          )
        }
      </Shown>
    </>
  )
}

function PlaceCard({ place: found, canChange }: { readonly place: Place; readonly canChange: boolean }) {
  const { place, state, repositories, done, manifests, tags, problems, problem } = found
  const again = useChange({
    work: () => bodyOf(api.POST('/adoptions/{place}/again', { params: { path: { place } } })),
    said: 'It is looked at once more.',
  })
  return (
    <Card
      title={<span className="break-all">{place}</span>}
      actions={
        <>
          {problems > 0 && (
            <ModalButton text={`${problems.toLocaleString()} problems`} title="What could not be adopted" wide>
              {() => <Problems place={place} />}
            </ModalButton>
          )}
          {canChange && state === 'done' && (
            <Button disabled={again.isPending} onClick={() => again.mutate()}>
              Look again
            </Button>
          )}
        </>
      }
    >
      {state === 'done' ? (
        <Badge mood="good">all is read</Badge>
      ) : (
        <Progress label="Repositories" done={done} of={state === 'listing' ? undefined : repositories} />
      )}
      <p className="mt-2 text-sm text-soft">
        {repositories.toLocaleString()} repositories, {manifests.toLocaleString()} manifests, {tags.toLocaleString()}{' '}
        tags
      </p>
      {problem !== undefined && <Failure error={new Error(problem)} />}
      {again.error !== null && <Failure error={again.error} />}
    </Card>
  )
}

function Problems({ place }: { readonly place: string }) {
  const problems = useQuery(read('/adoptions/{place}/problems', { params: { path: { place } } }))
  return (
    <Shown query={problems}>
      {({ items }) => (
        <Table
          label="Problems"
          rows={items}
          keyOf={({ repository, subject }) => `${repository} ${subject}`}
          columns={[
            { title: 'Repository', cell: ({ repository }) => <span className="break-all">{repository}</span> },
            { title: 'What', cell: ({ subject }) => <span className="break-all">{subject}</span> },
            { title: 'Why', cell: ({ problem }) => problem },
          ]}
        />
      )}
    </Shown>
  )
}
