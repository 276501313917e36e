import { ButtonLink, Button } from '../kit/button.tsx'
import { ModalButton } from '../kit/modal-button.tsx'
import { DeleteTags } from './delete-tags.tsx'
import type { RepositoryViewProps } from './repository-tabs.tsx'

interface ChosenTagsProps extends RepositoryViewProps {
  readonly chosen: readonly string[]
  readonly onClear: () => void
}

/** What can be done with several tags. */
export function ChosenTags({ repository, may, chosen, onClear }: ChosenTagsProps) {
  const [first, second] = chosen
  return (
    <div className="sticky top-2 z-10 mb-3 flex flex-wrap items-center gap-2 rounded-lg border border-accent bg-tint px-3 py-2">
      <p role="status" className="mr-auto text-sm">
        {chosen.length === 1 ? `${first} is chosen.` : `${chosen.length.toLocaleString()} tags are chosen.`}
      </p>
      {chosen.length === 2 && (
        <ButtonLink to="/compare/$" params={{ _splat: repository }} search={{ ref: first, with: second }}>
          Compare
        </ButtonLink>
      )}
      {may.includes('delete') && (
        <ModalButton
          text="Delete…"
          tone="danger"
          title={chosen.length === 1 ? `Delete the tag ${first}?` : `Delete ${chosen.length} tags?`}
          wide
        >
          {(close) => <DeleteTags {...{ repository, tags: chosen }} onClose={close} onDone={onClear} />}
        </ModalButton>
      )}
      <Button onClick={onClear}>Choose none</Button>
    </div>
  )
}
