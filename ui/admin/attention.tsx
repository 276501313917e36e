import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ItemOf, read } from '../api/read.ts'
import { Card } from '../kit/card.tsx'
import { REMOTES } from './remotes.tsx'

interface Matter {
  /** Of the administration. */
  readonly part: string
  readonly text: string
}

/** What somebody should look at, gathered from the parts. */
export function Attention({ canChange }: { readonly canChange: boolean }) {
  const jobs = useQuery(read('/jobs'))
  const remotes = useQuery(REMOTES)
  const quotas = useQuery(read('/quotas', { params: { query: { limit: 1000 } } }))
  const scrub = useQuery(read('/scrub'))
  const adoptions = useQuery(read('/adoptions'))
  // Auditors do not see where events go.
  const webhooks = useQuery({ ...read('/webhooks'), enabled: canChange })
  const matters = [
    ...(jobs.data?.items.flatMap(ofJob) ?? []),
    ...(remotes.data?.items.flatMap(ofRemote) ?? []),
    ...(quotas.data?.items.flatMap(ofQuota) ?? []),
    ...(adoptions.data?.items.flatMap(ofPlace) ?? []),
    ...(webhooks.data?.items.flatMap(ofWebhook) ?? []),
    ...ofDamage(scrub.data?.damaged.length ?? 0),
  ]
  const isKnown = [jobs, remotes, quotas, scrub, adoptions].every(({ data }) => data !== undefined)
  if (matters.length === 0 && !isKnown) return null
  return (
    <Card title="What needs attention">
      {matters.length === 0 ? (
        <p className="text-sm text-good">Nothing: jobs, upstreams, quotas and stored bytes are well.</p>
      ) : (
        <ul className="list-disc pl-5 text-sm">
          {matters.map(({ part, text }) => (
            <li key={text} className="break-words">
              <Link to="/admin/$" params={{ _splat: part }}>
                {text}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

function ofJob({ name, lastRun }: ItemOf<'/jobs'>): readonly Matter[] {
  return lastRun?.outcome === 'failed'
    ? [{ part: 'jobs', text: `The job ${name} failed: ${lastRun.problem ?? 'it did not say why'}` }]
    : []
}

function ofRemote({ name, health }: ItemOf<'/remotes'>): readonly Matter[] {
  if (health?.credentialsAccepted === false)
    return [{ part: 'upstreams', text: `${name} does not accept the password that it is sent` }]
  const isPaused = health?.pausedUntil !== undefined && Date.parse(health.pausedUntil) > Date.now()
  return isPaused ? [{ part: 'upstreams', text: `${name} is not asked for a while` }] : []
}

function ofQuota({ project, warning }: ItemOf<'/quotas'>): readonly Matter[] {
  return warning ? [{ part: 'usage', text: `The quota of ${project} is nearly used up` }] : []
}

function ofPlace({ place, problem }: ItemOf<'/adoptions'>): readonly Matter[] {
  return problem === undefined ? [] : [{ part: 'adoption', text: `${place} cannot be read: ${problem}` }]
}

function ofWebhook({ url, enabled, failingSince }: ItemOf<'/webhooks'>): readonly Matter[] {
  return enabled && failingSince !== undefined ? [{ part: 'webhooks', text: `${url} takes no events` }] : []
}

function ofDamage(count: number): readonly Matter[] {
  if (count === 0) return []
  return [
    { part: 'storage', text: count === 1 ? 'One blob is damaged' : `${count.toLocaleString()} blobs are damaged` },
  ]
}
