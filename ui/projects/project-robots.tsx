import { Robots } from '../robots/robots.tsx'
import type { ProjectViewProps } from './project-tabs.tsx'

export function ProjectRobots({ project, may }: ProjectViewProps) {
  return <Robots project={project} may={may.includes('manage')} />
}
