import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import { Button, ButtonLink } from '../kit/button.tsx'
import { Form, TextField, textOf } from '../kit/form.tsx'
import { Modal } from '../kit/modal.tsx'
import { DeleteTags } from '../repository/delete-tags.tsx'
import type { ImageViewProps } from './image.ts'

type ActionProps = Pick<ImageViewProps, 'repository' | 'reference' | 'named' | 'may'>

/** What can be done with an image, by whoever looks at it. */
export function ImageActions(props: ActionProps) {
  const { repository, reference, may } = props
  const navigate = useNavigate()
  const [asked, setAsked] = useState<'tag' | 'delete'>()
  const onClose = () => setAsked(undefined)
  const isTag = !reference.includes(':')
  return (
    <>
      <ButtonLink to="/compare/$" params={{ _splat: repository }} search={{ ref: reference }}>
        Compare
      </ButtonLink>
      {may.includes('push') && <Button onClick={() => setAsked('tag')}>Add a tag</Button>}
      {may.includes('delete') && isTag && (
        <Button tone="danger" onClick={() => setAsked('delete')}>
          Delete the tag
        </Button>
      )}
      {asked === 'tag' && <AddTag {...props} onClose={onClose} />}
      {asked === 'delete' && (
        <Modal title={`Delete the tag ${reference}?`} onClose={onClose} wide>
          <DeleteTags
            {...{ repository, tags: [reference], onClose }}
            onDone={() => void navigate({ to: '/r/$', params: { _splat: repository } })}
          />
        </Modal>
      )}
    </>
  )
}

function AddTag({ repository, named, onClose }: ActionProps & { readonly onClose: () => void }) {
  const navigate = useNavigate()
  const { mutate, error, isPending } = useChange({
    work: (tag: string) =>
      bodyOf(
        api.PUT('/repositories/{repository}/tags/{tag}', {
          params: { path: { repository, tag } },
          body: { from: named.digest },
        }),
      ),
    said: ({ name }) => `The tag ${name} names this image now.`,
    onDone: ({ name }) => {
      onClose()
      void navigate({ to: '/i/$', params: { _splat: repository }, search: { ref: name } })
    },
  })
  return (
    <Modal title="Add a tag" onClose={onClose}>
      <Form
        action="Set the tag"
        onCancel={onClose}
        {...{ error, isPending }}
        onSubmit={(data) => mutate(textOf(data, 'tag') ?? '')}
      >
        <TextField
          name="tag"
          label="Tag"
          hint="Where the repository has this tag already, it names this image from now on. What it named before stays in the history."
          required
          maxLength={128}
          pattern="[a-zA-Z0-9_][a-zA-Z0-9._\-]*"
          autoFocus
          autoCapitalize="none"
          spellCheck={false}
        />
      </Form>
    </Modal>
  )
}
