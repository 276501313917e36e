import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import type { Sent } from '../api/sent.ts'
import { Form, numberOf, SelectField, TextField, textOf } from '../kit/form.tsx'
import { Shown } from '../kit/shown.tsx'
import { listFrom } from './list-from.ts'
import { REMOTES } from './remotes.tsx'
import { CONFLICTS, type Rule } from './replication-words.ts'
import { More, Names, What, When } from './rule-fields.tsx'

interface RuleFormProps {
  /** As it is; absent: a new one. */
  readonly before?: Rule
  readonly onClose: () => void
}

const DIRECTIONS = [
  ['push', 'from here to there'],
  ['pull', 'from there to here'],
] as const

export function RuleForm({ before, onClose }: RuleFormProps) {
  const [direction, setDirection] = useState<Rule['direction']>(before?.direction ?? 'push')
  const { mutate, error, isPending } = useChange({
    work: (data: FormData) => {
      const settings = settingsFrom(data, direction)
      const schedule = textOf(data, 'schedule')
      const bytesPerSecond = numberOf(data, 'bytesPerSecond')
      const peerAccount = textOf(data, 'peerAccount')
      if (before !== undefined)
        return bodyOf(
          api.PATCH('/replication/rules/{rule}', {
            params: { path: { rule: before.name } },
            body: {
              ...settings,
              schedule: schedule ?? null,
              bytesPerSecond: bytesPerSecond ?? null,
              peerAccount: peerAccount ?? null,
            },
          }),
        )
      return bodyOf(
        api.POST('/replication/rules', {
          body: {
            ...settings,
            name: textOf(data, 'name') ?? '',
            remote: textOf(data, 'remote') ?? '',
            direction,
            ...(schedule !== undefined && { schedule }),
            ...(bytesPerSecond !== undefined && { bytesPerSecond }),
            ...(peerAccount !== undefined && { peerAccount }),
          },
        }),
      )
    },
    said: before === undefined ? 'The rule was made. Run it for what is there already.' : 'The rule was changed.',
    onDone: onClose,
  })
  return (
    <Form
      action={before === undefined ? 'Make the rule' : 'Save'}
      onCancel={onClose}
      {...{ error, isPending }}
      onSubmit={mutate}
    >
      {before === undefined && <Place {...{ direction, setDirection }} />}
      <What before={before} />
      <When before={before} isPush={direction === 'push'} />
      <Names before={before} />
      <More before={before} />
    </Form>
  )
}

interface PlaceProps {
  readonly direction: Rule['direction']
  readonly setDirection: (direction: Rule['direction']) => void
}

/** Where it leads, which does not change. */
function Place({ direction, setDirection }: PlaceProps) {
  const remotes = useQuery(REMOTES)
  return (
    <>
      <TextField name="name" label="Name" required autoFocus autoCapitalize="none" spellCheck={false} />
      <SelectField
        label="Direction"
        options={DIRECTIONS}
        value={direction}
        onChange={({ target }) => setDirection(target.value === 'pull' ? 'pull' : 'push')}
      />
      <Shown query={remotes}>
        {({ items }) => (
          <SelectField
            name="remote"
            label="Other registry"
            required
            options={items.map(({ name }) => name)}
            {...(items.length === 0 && { hint: 'Make it known under Upstreams first.' })}
          />
        )}
      </Shown>
    </>
  )
}

type Settings = Omit<Sent<'/replication/rules/{rule}', 'patch'>, 'schedule' | 'bytesPerSecond' | 'peerAccount'>

function settingsFrom(data: FormData, direction: Rule['direction']): Settings {
  const concurrency = numberOf(data, 'concurrency')
  const said = (name: string) => data.get(name) !== null
  return {
    repositories: textOf(data, 'repositories') ?? '**',
    tags: textOf(data, 'tags') ?? '*',
    labels: listFrom(data, 'labels'),
    platforms: listFrom(data, 'platforms'),
    signedOnly: said('signedOnly'),
    stripPrefix: textOf(data, 'stripPrefix') ?? '',
    addPrefix: textOf(data, 'addPrefix') ?? '',
    flatten: said('flatten'),
    ...(direction === 'push' && { onEvent: said('onEvent') }),
    deletes: said('deletes'),
    conflicts: CONFLICTS.find(([each]) => each === data.get('conflicts'))?.[0] ?? 'source',
    ...(concurrency !== undefined && { concurrency }),
  }
}
