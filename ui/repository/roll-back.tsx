import { useQuery } from '@tanstack/react-query'
import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import { read } from '../api/read.ts'
import { Facts } from '../kit/facts.tsx'
import { formatDate } from '../kit/format.ts'
import { Form, TextField } from '../kit/form.tsx'

interface RollBackProps {
  readonly repository: string
  readonly tag: string
  readonly digest: string
  readonly onClose: () => void
}

type Target = { readonly to: string } | { readonly at: string }

function useRollBack({ repository, tag, onClose }: Omit<RollBackProps, 'digest'>) {
  return useChange({
    work: (body: Target) =>
      bodyOf(
        api.POST('/repositories/{repository}/tags/{tag}/roll-back', { params: { path: { repository, tag } }, body }),
      ),
    said: ({ digest, restored }) =>
      `${tag} names ${digest} now${restored ? ', which came back from the recycle bin' : ''}.`,
    onDone: onClose,
  })
}

/** To something that the tag named before. */
export function RollBack({ digest, ...rest }: RollBackProps) {
  const { repository, tag, onClose } = rest
  const { mutate, error, isPending } = useRollBack(rest)
  const now = useQuery({
    ...read('/repositories/{repository}/tags/{tag}', { params: { path: { repository, tag } } }),
    retry: false,
  })
  const current = now.data?.digest
  return (
    <Form action="Roll it back" onCancel={onClose} {...{ error, isPending }} onSubmit={() => mutate({ to: digest })}>
      <Facts
        facts={[
          ['It names', <Digest key="now" text={current ?? 'nothing: it is deleted'} />],
          ['It would name', <Digest key="then" text={digest} />],
        ]}
      />
      <p className="mt-3 text-sm text-soft">
        {current === digest
          ? 'That is the same already.'
          : 'Whoever pulls the tag gets the other image at once. Nothing is lost: you can come back from here.'}
      </p>
    </Form>
  )
}

function Digest({ text }: { readonly text: string }) {
  return <code className="font-mono text-xs break-all">{text}</code>
}

/** To what the tag named at a moment. */
export function RollBackToMoment(props: Omit<RollBackProps, 'digest'>) {
  const { mutate, error, isPending } = useRollBack(props)
  return (
    <Form
      action="Roll it back"
      onCancel={props.onClose}
      {...{ error, isPending }}
      onSubmit={(form) => mutate({ at: new Date(String(form.get('at'))).toISOString() })}
    >
      <TextField
        name="at"
        label="To what it named at"
        type="datetime-local"
        step={1}
        max={localNow()}
        hint={`In your own time; now it is ${formatDate(new Date().toISOString())}.`}
        required
      />
      <p className="text-sm text-soft">Whoever pulls the tag gets that image at once.</p>
    </Form>
  )
}

/** As a field for moments has it: local, without a zone. */
function localNow(): string {
  const now = new Date()
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
}
