import { Webhooks } from '../webhooks/webhooks.tsx'
import type { ProjectViewProps } from './project-tabs.tsx'

export function ProjectWebhooks({ project }: ProjectViewProps) {
  return <Webhooks project={project} />
}
