import { useQuery } from '@tanstack/react-query'
import { read } from '../api/read.ts'
import { Card } from '../kit/card.tsx'
import { Facts } from '../kit/facts.tsx'
import { formatBytes } from '../kit/format.ts'
import { Shown } from '../kit/shown.tsx'
import type { ProjectViewProps } from './project-tabs.tsx'
import { QuotaCard } from './quota-card.tsx'
import { UsageHistory } from './usage-history.tsx'
import { WhatFrees } from './what-frees.tsx'

/** What a project holds, how much it may, how that grew, and what would make room. */
export function Usage({ project, may }: ProjectViewProps) {
  const usage = useQuery(read('/projects/{project}/usage', { params: { path: { project } } }))
  return (
    <>
      <Card title="What it holds">
        <Shown query={usage}>
          {({ bytes, inBin, repositories, tags }) => (
            <Facts
              facts={[
                ['In all', formatBytes(bytes)],
                ['Of that deleted', inBin === 0 ? 'nothing' : `${formatBytes(inBin)}, in the recycle bin`],
                ['Repositories', repositories.toLocaleString()],
                ['Tags', tags.toLocaleString()],
              ]}
            />
          )}
        </Shown>
        <p className="mt-3 text-xs text-soft">
          Layers that several images share are counted once. What is deleted counts until it leaves the recycle bin.
        </p>
      </Card>
      <QuotaCard project={project} />
      <UsageHistory project={project} />
      <WhatFrees project={project} may={may} />
    </>
  )
}
