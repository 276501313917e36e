import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ItemOf, read } from '../api/read.ts'
import { Badge } from '../kit/badge.tsx'
import { Card } from '../kit/card.tsx'
import { formatBytes } from '../kit/format.ts'
import { Share } from '../kit/share.tsx'
import { Shown } from '../kit/shown.tsx'

/** Projects that may hold so much only. */
export function Quotas() {
  const quotas = useQuery(read('/quotas', { params: { query: { limit: 1000 } } }))
  return (
    <Card title="Quotas">
      <Shown query={quotas}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="text-sm text-soft">
              No project has one. An administrator sets it on the project's page, under Usage.
            </p>
          ) : (
            <ul aria-label="Projects with a quota">
              {items.map((quota) => (
                <QuotaRow key={quota.project} quota={quota} />
              ))}
            </ul>
          )
        }
      </Shown>
    </Card>
  )
}

function QuotaRow({ quota: { project, bytes, repositories, tags, warning } }: { readonly quota: ItemOf<'/quotas'> }) {
  return (
    <li className="border-t border-line py-3 first:border-0 first:pt-0 last:pb-0">
      <p className="mb-1 flex flex-wrap items-baseline gap-x-3 text-sm">
        <Link to="/p/$" params={{ _splat: project }} search={{ tab: 'usage' }} className="font-medium break-all">
          {project}
        </Link>
        {warning && <Badge mood="warn">nearly full</Badge>}
      </p>
      <div className="grid gap-x-6 gap-y-2 sm:grid-cols-3">
        <Share label={`Bytes of ${project}`} {...bytes} format={formatBytes} />
        <Share label={`Repositories of ${project}`} {...repositories} />
        <Share label={`Tags of ${project}`} {...tags} />
      </div>
    </li>
  )
}
