import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import { type ItemOf, read } from '../api/read.ts'
import { AskButton } from '../kit/ask-button.tsx'
import { Button } from '../kit/button.tsx'
import { Card } from '../kit/card.tsx'
import { Facts } from '../kit/facts.tsx'
import { Failure } from '../kit/failure.tsx'
import { formatBytes } from '../kit/format.ts'
import { pollWhile } from '../kit/poll.ts'
import { Shown } from '../kit/shown.tsx'
import { Ago } from '../kit/time.tsx'
import { Title } from '../kit/title.tsx'
import { BackLink } from './back-link.tsx'
import { ExecutionImages } from './execution-images.tsx'
import { ExecutionState, isGoingOn } from './execution-state.tsx'

type Found = ItemOf<'/replication/rules/{rule}/executions'>

interface ExecutionProps {
  readonly id: number
  readonly rule: string
  readonly canChange: boolean
}

/** How far it is, and what became of each image. */
export function Execution({ id, rule, canChange }: ExecutionProps) {
  const execution = useQuery({
    ...read('/replication/executions/{execution}', { params: { path: { execution: id } } }),
    ...pollWhile<Found>(isGoingOn),
  })
  return (
    <>
      <Title text={`Execution ${id}`} trail={<BackLink part={`replication/${rule}`}>{rule}</BackLink>}>
        {execution.data !== undefined && <ExecutionState state={execution.data.state} />}
      </Title>
      <Shown query={execution}>
        {(found) => (
          <>
            {found.error !== undefined && <Failure error={new Error(found.error)} />}
            <Card title="How it goes" actions={canChange && <Actions execution={found} />}>
              {isGoingOn(found) && <progress aria-label="It goes on" className="mb-3 h-2 w-full accent-accent" />}
              <Facts
                facts={[
                  ['Copied', `${found.copied.toLocaleString()} (${formatBytes(found.bytes)})`],
                  ['There already', found.present.toLocaleString()],
                  ['Skipped', found.skipped.toLocaleString()],
                  ['Deleted', found.deleted.toLocaleString()],
                  ['Changed on both sides', found.conflicts.toLocaleString()],
                  ['Failed', found.failed.toLocaleString()],
                  ['Began', <Ago key="began" at={found.startedAt} never="not yet" />],
                  ['Ended', found.endedAt === undefined ? undefined : <Ago key="ended" at={found.endedAt} />],
                  ['Started by', found.actor],
                ]}
              />
            </Card>
            <ExecutionImages id={id} isGoingOn={isGoingOn(found)} />
          </>
        )}
      </Shown>
    </>
  )
}

function Actions({ execution }: { readonly execution: Found }) {
  const { id, rule, failed } = execution
  const params = { path: { execution: id } }
  const navigate = useNavigate()
  const retry = useChange({
    work: () => bodyOf(api.POST('/replication/executions/{execution}/retry', { params })),
    onDone: (next) => void navigate({ to: '/admin/$', params: { _splat: `replication/${rule}/${next.id}` } }),
  })
  if (isGoingOn(execution))
    return (
      <AskButton
        text="Stop"
        title="Stop this execution?"
        action="Stop it"
        said="It is being stopped."
        work={() => bodyOf(api.POST('/replication/executions/{execution}/stop', { params }))}
      >
        What it brought stays. Another execution goes on from there.
      </AskButton>
    )
  return (
    <>
      {failed > 0 && (
        <Button disabled={retry.isPending} onClick={() => retry.mutate()}>
          Try again what failed
        </Button>
      )}
      {retry.error !== null && <Failure error={retry.error} />}
    </>
  )
}
