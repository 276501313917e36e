import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import { Button } from '../kit/button.tsx'
import { Failure } from '../kit/failure.tsx'

interface RunJobProps {
  readonly name: string
  /** On the button. */
  readonly text: string
  /** The same with what it is about, where that stands beside the button. */
  readonly label?: string
}

/** Has a job run without waiting for its turn. */
export function RunJob({ name, text, label }: RunJobProps) {
  const { mutate, error, isPending } = useChange({
    work: () => bodyOf(api.POST('/jobs/{job}/run', { params: { path: { job: name } } })),
    said: `The job ${name} is about to run.`,
  })
  return (
    <>
      <Button aria-label={label} disabled={isPending} onClick={() => mutate()}>
        {text}
      </Button>
      {error !== null && <Failure error={error} />}
    </>
  )
}
