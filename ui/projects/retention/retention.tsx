import type { ProjectViewProps } from '../project-tabs.tsx'
import { Immutability } from './immutability.tsx'
import { Protections } from './protections.tsx'
import { RetentionRules } from './retention-rules.tsx'

/** What goes by itself, and what stays whatever happens. */
export function Retention({ project, may }: ProjectViewProps) {
  const mayManage = may.includes('manage')
  return (
    <>
      <RetentionRules {...{ project, mayManage }} />
      <Immutability {...{ project, mayManage }} />
      <Protections {...{ project, mayManage }} />
    </>
  )
}
