import type { ProjectViewProps } from '../project-tabs.tsx'
import { Exceptions } from './exceptions.tsx'
import { Exemptions } from './exemptions.tsx'
import { PullPolicies } from './pull-policies.tsx'
import { TrustAnchors } from './trust-anchors.tsx'
import { VexDocuments } from './vex-documents.tsx'

export interface PolicyPartProps {
  readonly project: string
  readonly mayManage: boolean
}

/** Which images may be pulled, who is trusted to sign them, and what does not count. */
export function Policies({ project, may }: ProjectViewProps) {
  const part = { project, mayManage: may.includes('manage') }
  return (
    <>
      <PullPolicies {...part} />
      <Exemptions {...part} />
      <TrustAnchors {...part} />
      <Exceptions {...part} />
      <VexDocuments {...part} />
    </>
  )
}
