import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { read } from '../api/read.ts'
import { Badge } from '../kit/badge.tsx'
import { Card } from '../kit/card.tsx'
import { Empty } from '../kit/empty.tsx'
import { ModalButton } from '../kit/modal-button.tsx'
import { Shown } from '../kit/shown.tsx'
import { Table } from '../kit/table.tsx'
import { Execution } from './execution.tsx'
import { PartTitle } from './part-title.tsx'
import type { PartProps } from './parts.ts'
import { directionOf, whatOf, whenOf } from './replication-words.ts'
import { RuleForm } from './rule-form.tsx'
import { RulePage } from './rule-page.tsx'

export function Replication({ rest, canChange }: PartProps) {
  const [name = '', execution] = rest.split('/')
  if (execution !== undefined) return <Execution id={Number(execution)} rule={name} canChange={canChange} />
  if (name !== '') return <RulePage name={name} canChange={canChange} />
  return <Rules canChange={canChange} />
}

function Rules({ canChange }: { readonly canChange: boolean }) {
  const rules = useQuery(read('/replication/rules'))
  return (
    <>
      <PartTitle
        text="Replication"
        actions={
          canChange && (
            <ModalButton text="New rule" title="New replication rule" tone="main" wide>
              {(close) => <RuleForm onClose={close} />}
            </ModalButton>
          )
        }
      >
        Rules bring images to other registries, or from them: after each change, by a schedule, or when one says so.
      </PartTitle>
      <Shown query={rules}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="There are no rules yet.">
              Make the other registry known under Upstreams, then a rule that says which images go there or come from
              there.
            </Empty>
          ) : (
            <Card>
              <Table
                label="Rules"
                rows={items}
                keyOf={({ name }) => name}
                columns={[
                  {
                    title: 'Rule',
                    cell: ({ name }) => (
                      <Link to="/admin/$" params={{ _splat: `replication/${name}` }} className="font-medium break-all">
                        {name}
                      </Link>
                    ),
                  },
                  { title: 'Direction', cell: directionOf },
                  { title: 'What', cell: (rule) => <span className="break-all">{whatOf(rule)}</span> },
                  { title: 'When', cell: whenOf },
                  {
                    title: 'State',
                    cell: ({ enabled }) => (enabled ? <Badge mood="good">on</Badge> : <Badge>off</Badge>),
                  },
                ]}
              />
            </Card>
          )
        }
      </Shown>
    </>
  )
}
