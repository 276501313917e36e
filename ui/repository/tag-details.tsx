import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useChange } from '../api/change.ts'
import { api, bodyOf, type paths } from '../api/client.ts'
import { read } from '../api/read.ts'
import { Button } from '../kit/button.tsx'
import { Facts } from '../kit/facts.tsx'
import { Failure } from '../kit/failure.tsx'
import { formatDate } from '../kit/format.ts'
import { Form, TextField, textOf } from '../kit/form.tsx'
import { Shown } from '../kit/shown.tsx'
import type { RepositoryViewProps } from './repository-tabs.tsx'

type Explanation =
  paths['/repositories/{repository}/tags/{tag}/explain']['get']['responses'][200]['content']['application/json']

interface TagDetailsProps extends RepositoryViewProps {
  readonly tag: string
  readonly onClose: () => void
}

/** How long a tag stays and why, another name for what it names, and its end. */
export function TagDetails({ repository, may, tag, onClose }: TagDetailsProps) {
  const params = { path: { repository, tag } }
  const explained = useQuery(read('/repositories/{repository}/tags/{tag}/explain', { params }))
  return (
    <div className="flex flex-col gap-5">
      <Shown query={explained}>{(explanation) => <Stay {...explanation} />}</Shown>
      {may.includes('push') && <AnotherTag {...{ repository, tag }} />}
      {may.includes('delete') && <Expiry {...{ repository, tag }} expiresAt={explained.data?.expiresAt} />}
      <div className="flex flex-wrap items-center justify-between gap-2 border-t border-line pt-4">
        <Link
          to="/r/$"
          params={{ _splat: repository }}
          search={{ tab: 'history', q: tag }}
          className="text-sm underline"
        >
          Its history
        </Link>
        <Button onClick={onClose}>Close</Button>
      </div>
    </div>
  )
}

function Stay({ digest, verdict, reason, goesAt, expiresAt, expirySource, keptBy }: Explanation) {
  return (
    <Facts
      facts={[
        [
          'Names',
          <code key="digest" className="font-mono text-xs break-all">
            {digest}
          </code>,
        ],
        ['It', `${verdict === 'kept' ? 'stays' : 'goes'}: ${reason}`],
        ['Kept by', keptBy],
        ['Goes', goesAt === undefined ? undefined : formatDate(goesAt)],
        [
          'Ends',
          expiresAt === undefined
            ? undefined
            : `${formatDate(expiresAt)}${expirySource === 'label' ? ', as a label of the image says' : ''}`,
        ],
      ]}
    />
  )
}

interface OfTag {
  readonly repository: string
  readonly tag: string
}

function AnotherTag({ repository, tag }: OfTag) {
  const { mutate, error, isPending } = useChange({
    work: (name: string) =>
      bodyOf(
        api.PUT('/repositories/{repository}/tags/{tag}', {
          params: { path: { repository, tag: name } },
          body: { from: tag },
        }),
      ),
    said: ({ name }) => `${name} names the same image now.`,
  })
  return (
    <Form action="Set the tag" {...{ error, isPending }} onSubmit={(form) => mutate(textOf(form, 'name') ?? '')}>
      <TextField
        name="name"
        label="Another tag for the same image"
        hint="One that is there is moved, if you may and it is not immutable."
        required
        maxLength={128}
        autoCapitalize="none"
        spellCheck={false}
      />
    </Form>
  )
}

function Expiry({ repository, tag, expiresAt }: OfTag & { readonly expiresAt: string | undefined }) {
  const params = { path: { repository, tag } }
  const set = useChange({
    work: (at: string) => bodyOf(api.PUT('/repositories/{repository}/tags/{tag}/expiry', { params, body: { at } })),
    said: `${tag} goes by itself then, unless it names something else by that time.`,
  })
  const keep = useChange({
    work: () => bodyOf(api.DELETE('/repositories/{repository}/tags/{tag}/expiry', { params })),
    said: `${tag} has no end any more.`,
  })
  return (
    <div>
      <Form
        action="Set its end"
        error={set.error}
        isPending={set.isPending}
        onSubmit={(form) => set.mutate(new Date(String(form.get('at'))).toISOString())}
      >
        <TextField name="at" label="It goes by itself at" type="datetime-local" required />
      </Form>
      {keep.error !== null && <Failure error={keep.error} />}
      {expiresAt !== undefined && (
        <Button disabled={keep.isPending} onClick={() => keep.mutate()}>
          Take its end away
        </Button>
      )}
    </div>
  )
}
