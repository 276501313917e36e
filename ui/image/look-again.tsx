import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import { Button } from '../kit/button.tsx'
import { Failure } from '../kit/failure.tsx'

interface LookAgainProps {
  readonly place: { readonly repository: string; readonly reference: string }
  readonly text: string
  /** It is being done already. */
  readonly pending?: boolean
}

/** Has an image looked into by the scanner. */
export function LookAgain({ place, text, pending = false }: LookAgainProps) {
  const { mutate, isPending, error } = useChange({
    work: () => bodyOf(api.POST('/repositories/{repository}/images/{reference}/scan', { params: { path: place } })),
    said: 'It is looked into next.',
  })
  return (
    <>
      <Button disabled={pending || isPending} onClick={() => mutate()}>
        {text}
      </Button>
      {error !== null && <Failure error={error} />}
    </>
  )
}
