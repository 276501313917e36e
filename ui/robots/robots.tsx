import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ItemOf } from '../api/read.ts'
import { Badge } from '../kit/badge.tsx'
import { Button } from '../kit/button.tsx'
import { Card } from '../kit/card.tsx'
import { Empty } from '../kit/empty.tsx'
import { Modal } from '../kit/modal.tsx'
import { ModalButton } from '../kit/modal-button.tsx'
import { Shown } from '../kit/shown.tsx'
import { type Column, Table } from '../kit/table.tsx'
import { Ago } from '../kit/time.tsx'
import { NewRobot } from './new-robot.tsx'
import { RobotDetails } from './robot-details.tsx'
import { robotCalls } from './robot-calls.ts'

type Robot = ItemOf<'/robots'>

interface RobotsProps {
  /** Absent: those of the whole registry. */
  readonly project?: string
  /** Whether its viewer may change them. */
  readonly may: boolean
}

/** Accounts for programs: pipelines, clusters. */
export function Robots({ project, may }: RobotsProps) {
  const calls = robotCalls(project)
  const [makes, setMakes] = useState(false)
  const robots = useQuery(calls.list)
  const columns: readonly Column<Robot>[] = [
    { title: 'Name', cell: ({ name }) => <code className="font-mono break-all">{name}</code> },
    { title: 'State', cell: (robot) => <State robot={robot} /> },
    { title: 'Good until', cell: ({ expiresAt }) => <Ago at={expiresAt} never="for ever" /> },
    { title: 'Used', cell: ({ usedAt }) => <Ago at={usedAt} /> },
    {
      title: '',
      cell: (robot) =>
        may && (
          <ModalButton text="Manage" label={`Manage ${robot.name}`} title={robot.name} wide>
            {(close) => <RobotDetails {...{ calls, robot, project }} onClose={close} />}
          </ModalButton>
        ),
    },
  ]
  const add = may && (
    <Button tone="main" onClick={() => setMakes(true)}>
      New robot
    </Button>
  )
  return (
    <>
      <Shown query={robots}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No robots yet">
              <p className="mb-3">
                A robot is an account for a program: a pipeline that pushes, a cluster that pulls. It has a secret of
                its own, or none at all where the pipeline proves who it is.
              </p>
              {add}
            </Empty>
          ) : (
            <Card title="Robots" actions={add}>
              <Table label="All robots" columns={columns} rows={items} keyOf={({ name }) => name} />
            </Card>
          )
        }
      </Shown>
      {/* Not inside: with the first robot the list takes the place of the words about none, and a secret is shown once. */}
      {makes && (
        <Modal title="New robot" onClose={() => setMakes(false)} wide>
          <NewRobot {...{ calls, project }} onClose={() => setMakes(false)} />
        </Modal>
      )}
    </>
  )
}

function State({ robot: { disabled, expiresAt, hasSecret } }: { readonly robot: Robot }) {
  if (disabled) return <Badge mood="bad">disabled</Badge>
  if (expiresAt !== undefined && Date.parse(expiresAt) < Date.now()) return <Badge mood="bad">expired</Badge>
  return <Badge mood="good">{hasSecret ? 'with a secret' : 'without a secret'}</Badge>
}
