import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { api, bodyOf } from '../api/client.ts'
import { read } from '../api/read.ts'
import { AskButton } from '../kit/ask-button.tsx'
import { Card } from '../kit/card.tsx'
import { Shown } from '../kit/shown.tsx'
import type { ProjectViewProps } from './project-tabs.tsx'

/** Whom a project is open to, and its end. */
export function Settings({ project }: ProjectViewProps) {
  const params = { path: { project } }
  const navigate = useNavigate()
  const shown = useQuery(read('/projects/{project}', { params }))
  return (
    <>
      <Card title="Who may pull">
        <Shown query={shown}>{({ public: isPublic }) => <Visibility {...{ project, isPublic }} />}</Shown>
      </Card>
      <Card title="Remove the project">
        <p className="mb-3 text-sm text-soft">
          Only a project without images can be removed: delete its repositories first. Its members, robots, rules and
          webhooks go with it.
        </p>
        <AskButton
          text="Remove the project"
          title={`Remove the project ${project}?`}
          action="Remove it"
          said={`The project ${project} was removed.`}
          work={() => bodyOf(api.DELETE('/projects/{project}', { params }))}
          onDone={() => void navigate({ to: '/' })}
        >
          Its members, robots, rules and webhooks are gone for good.
        </AskButton>
      </Card>
    </>
  )
}

function Visibility({ project, isPublic }: { readonly project: string; readonly isPublic: boolean }) {
  return (
    <>
      <p className="mb-3 text-sm text-soft">
        {isPublic
          ? 'The project is public: anybody who reaches this registry may pull its images, without signing in.'
          : 'The project is private: only its members may pull.'}
      </p>
      <AskButton
        text={isPublic ? 'Make it private' : 'Make it public'}
        tone="plain"
        title={isPublic ? `Make ${project} private?` : `Make ${project} public?`}
        action={isPublic ? 'Make it private' : 'Make it public'}
        said={isPublic ? `${project} is private now.` : `${project} is public now.`}
        work={() =>
          bodyOf(api.PATCH('/projects/{project}', { params: { path: { project } }, body: { public: !isPublic } }))
        }
      >
        {isPublic
          ? 'Whoever pulls without signing in is refused at once: machines that do need a robot first.'
          : 'Anybody who reaches this registry may pull all images of the project from then on.'}
      </AskButton>
    </>
  )
}
