import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import { read } from '../api/read.ts'
import { AskButton } from '../kit/ask-button.tsx'
import { Badge } from '../kit/badge.tsx'
import { Button } from '../kit/button.tsx'
import { Card } from '../kit/card.tsx'
import { Facts } from '../kit/facts.tsx'
import { Failure } from '../kit/failure.tsx'
import { formatBytes } from '../kit/format.ts'
import { ModalButton } from '../kit/modal-button.tsx'
import { Shown } from '../kit/shown.tsx'
import { Title } from '../kit/title.tsx'
import { BackLink } from './back-link.tsx'
import { Executions } from './executions.tsx'
import { CONFLICTS, directionOf, type Rule, whenOf } from './replication-words.ts'
import { RuleForm } from './rule-form.tsx'

interface RulePageProps {
  readonly name: string
  readonly canChange: boolean
}

export function RulePage({ name, canChange }: RulePageProps) {
  const rule = useQuery(read('/replication/rules/{rule}', { params: { path: { rule: name } } }))
  return (
    <>
      <Title text={name} trail={<BackLink part="replication">Replication</BackLink>}>
        {rule.data !== undefined && (
          <Badge mood={rule.data.enabled ? 'good' : 'plain'}>{rule.data.enabled ? 'on' : 'off'}</Badge>
        )}
      </Title>
      <Shown query={rule}>
        {(found) => (
          <Card title="Rule" actions={canChange && <RuleActions rule={found} />}>
            <Facts facts={factsOf(found)} />
          </Card>
        )}
      </Shown>
      <Executions rule={name} canChange={canChange} />
    </>
  )
}

function factsOf(rule: Rule): readonly (readonly [string, string | undefined])[] {
  return [
    ['Direction', directionOf(rule)],
    ['Repositories', rule.repositories],
    ['Tags', rule.tags],
    ['Labels', rule.labels?.join(', ')],
    ['Platforms', rule.platforms?.join(', ')],
    ['Signed only', rule.signedOnly === true ? 'yes' : undefined],
    ['Names', namesOf(rule)],
    ['When', whenOf(rule)],
    ['Deletions', rule.deletes === true ? 'are copied too' : 'are not copied'],
    ['Conflicts', CONFLICTS.find(([each]) => each === rule.conflicts)?.[1]],
    ['At a time', rule.concurrency === undefined ? undefined : `${rule.concurrency} images`],
    ['At most', rule.bytesPerSecond === undefined ? undefined : `${formatBytes(rule.bytesPerSecond)} a second`],
    ['Account of the remote here', rule.peerAccount],
  ]
}

function namesOf({ stripPrefix, addPrefix, flatten }: Rule): string | undefined {
  const words = [
    ...(stripPrefix ? [`without ${stripPrefix}`] : []),
    ...(flatten === true ? ['only what stands after the last slash'] : []),
    ...(addPrefix ? [`with ${addPrefix} before them`] : []),
  ]
  return words.length === 0 ? undefined : words.join(', ')
}

function RuleActions({ rule }: { readonly rule: Rule }) {
  const { name, enabled } = rule
  const navigate = useNavigate()
  const params = { path: { rule: name } }
  const toggle = useChange({
    work: () => bodyOf(api.PATCH('/replication/rules/{rule}', { params, body: { enabled: !enabled } })),
    said: enabled ? 'The rule is off.' : 'The rule is on.',
  })
  return (
    <>
      <Button disabled={toggle.isPending} onClick={() => toggle.mutate()}>
        {enabled ? 'Turn off' : 'Turn on'}
      </Button>
      <ModalButton text="Edit" title={`Edit ${name}`} wide>
        {(close) => <RuleForm before={rule} onClose={close} />}
      </ModalButton>
      <AskButton
        text="Remove"
        title={`Remove the rule ${name}?`}
        action="Remove the rule"
        said={`The rule ${name} was removed.`}
        work={() => bodyOf(api.DELETE('/replication/rules/{rule}', { params }))}
        onDone={() => void navigate({ to: '/admin/$', params: { _splat: 'replication' } })}
      >
        Its executions and their logs go with it. What it brought stays, on both sides.
      </AskButton>
      {toggle.error !== null && <Failure error={toggle.error} />}
    </>
  )
}
