import { Failure } from '../kit/failure.tsx'

interface Outcome {
  readonly delivered: boolean
  readonly status?: number
  readonly problem?: string
}

interface Test {
  readonly data: Outcome | undefined
  readonly error: Error | null
  readonly isPending: boolean
}

/** What the receiver said to a message that was sent while one waited. */
export function TestResult({ test }: { readonly test: Test }) {
  if (test.error !== null) return <Failure error={test.error} />
  return (
    <p role="status" className="text-sm">
      {test.isPending && <span className="mt-2 block text-soft">Sending…</span>}
      {!test.isPending && test.data !== undefined && (
        <span className={`mt-2 block break-words ${test.data.delivered ? 'text-good' : 'text-danger'}`}>
          {outcomeText(test.data)}
        </span>
      )}
    </p>
  )
}

function outcomeText({ delivered, status, problem }: Outcome): string {
  const answer = status === undefined ? '' : ` It answered ${status}.`
  return delivered
    ? `The message was taken.${answer}`
    : `The message was not taken: ${problem ?? 'no reason given'}.${answer}`
}
