import { api, bodyOf } from '../api/client.ts'
import { AskButton } from '../kit/ask-button.tsx'
import { RunJob } from './run-job.tsx'

export function JobActions({ name, isRunning }: { readonly name: string; readonly isRunning: boolean }) {
  if (!isRunning) return <RunJob name={name} text="Run now" label={`Run now: ${name}`} />
  return (
    <AskButton
      text="Cancel"
      label={`Cancel ${name}`}
      title={`End this run of ${name}?`}
      action="End the run"
      said={`The job ${name} is being ended.`}
      work={() => bodyOf(api.POST('/jobs/{job}/cancel', { params: { path: { job: name } } }))}
    >
      It ends where it can stop. What is left is for its next run.
    </AskButton>
  )
}
