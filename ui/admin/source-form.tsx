import { useQuery } from '@tanstack/react-query'
import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import type { ItemOf } from '../api/read.ts'
import type { Sent } from '../api/sent.ts'
import { Form, numberOf, SelectField, TextField, textOf } from '../kit/form.tsx'
import { Shown } from '../kit/shown.tsx'
import { listFrom } from './list-from.ts'
import { REMOTES } from './remotes.tsx'

interface SourceFormProps {
  /** As it is; absent: a new one. */
  readonly before?: ItemOf<'/sources'>
  readonly onClose: () => void
}

const MODES = [
  ['cache', 'the registry there decides what a tag names'],
  ['fallback', 'asked only for what is not here'],
] as const

export function SourceForm({ before, onClose }: SourceFormProps) {
  const { mutate, error, isPending } = useChange({
    work: (data: FormData) => {
      const body = settingsFrom(data)
      if (before !== undefined)
        return bodyOf(api.PATCH('/sources/{source}', { params: { path: { source: before.id } }, body }))
      const project = textOf(data, 'project')
      const prefix = textOf(data, 'prefix')
      const remote = textOf(data, 'remote') ?? ''
      return bodyOf(
        api.POST('/sources', {
          body: { ...body, remote, ...(project !== undefined && { project }), ...(prefix !== undefined && { prefix }) },
        }),
      )
    },
    said: before === undefined ? 'The source was added.' : 'The source was changed.',
    onDone: onClose,
  })
  return (
    <Form
      action={before === undefined ? 'Add the source' : 'Save'}
      onCancel={onClose}
      {...{ error, isPending }}
      onSubmit={mutate}
    >
      {before === undefined && <Place />}
      <SelectField name="mode" label="Tags" options={MODES} defaultValue={before?.mode} />
      <TextField
        name="allow"
        label="Only these repositories there"
        placeholder="all"
        defaultValue={before?.allow.join(', ')}
        hint="Patterns with commas between: * any characters but a slash, ** any."
      />
      <TextField
        name="platforms"
        label="Platforms that come along"
        defaultValue={before?.platforms.join(', ')}
        hint="When an image is pulled, these of it are fetched too: linux/amd64, linux/arm64."
      />
      <TextField
        name="freshSeconds"
        label="Seconds for which a tag is believed"
        type="number"
        min={0}
        defaultValue={before?.freshSeconds}
        hint="After that the registry there is asked whether it moved."
      />
      <TextField
        name="negativeSeconds"
        label="Seconds for which it is believed that something is not there"
        type="number"
        min={0}
        defaultValue={before?.negativeSeconds}
      />
      {before !== undefined && (
        <TextField
          name="position"
          label="Place in the order"
          type="number"
          min={1}
          max={1000}
          defaultValue={before.position}
        />
      )}
    </Form>
  )
}

/** Where it leads, which does not change: another remote is another source. */
function Place() {
  const remotes = useQuery(REMOTES)
  return (
    <>
      <Shown query={remotes}>
        {({ items }) => (
          <SelectField
            name="remote"
            label="From"
            options={items.map(({ name }) => name)}
            required
            {...(items.length === 0 && { hint: 'Add the registry first.' })}
          />
        )}
      </Shown>
      <TextField
        name="prefix"
        label="Before the rest of a name there"
        placeholder="library/"
        autoCapitalize="none"
        spellCheck={false}
      />
      <TextField
        name="project"
        label="For the project"
        placeholder="the whole registry"
        autoCapitalize="none"
        spellCheck={false}
      />
    </>
  )
}

function settingsFrom(data: FormData): Sent<'/sources/{source}', 'patch'> {
  const freshSeconds = numberOf(data, 'freshSeconds')
  const negativeSeconds = numberOf(data, 'negativeSeconds')
  const position = numberOf(data, 'position')
  return {
    mode: MODES.find(([mode]) => mode === data.get('mode'))?.[0] ?? 'cache',
    allow: listFrom(data, 'allow'),
    platforms: listFrom(data, 'platforms'),
    ...(freshSeconds !== undefined && { freshSeconds }),
    ...(negativeSeconds !== undefined && { negativeSeconds }),
    ...(position !== undefined && { position }),
  }
}
