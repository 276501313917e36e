import type { Sample } from '../observability/exposition.ts'

export interface Moment {
  readonly at: number
  readonly samples: readonly Sample[]
}

/** How a server fares, between two looks at its metrics. */
export interface Top {
  readonly requestsPerSecond: number
  readonly meanMs: number
  readonly inFlight: number
  readonly uploads: number
  readonly sentPerSecond: number
  readonly receivedPerSecond: number
  readonly storageRequestsPerSecond: number
  readonly waitingWriters: number
  readonly residentBytes: number
  /** The busiest first. */
  readonly routes: readonly Route[]
}

interface Route {
  readonly method: string
  readonly handler: string
  readonly perSecond: number
  readonly meanMs: number
}

const SHOWN_ROUTES = 12
const REQUESTS = 'registry_http_request_duration_seconds'

export function compareMoments(before: Moment, after: Moment): Top {
  const seconds = Math.max(0.001, (after.at - before.at) / 1000)
  const grown = (name: string, isMeant?: Meant) => sum(after, name, isMeant) - sum(before, name, isMeant)
  const meanMs = (isMeant?: Meant) => {
    const count = grown(`${REQUESTS}_count`, isMeant)
    return count > 0 ? rounded((grown(`${REQUESTS}_sum`, isMeant) / count) * 1000) : 0
  }
  const perSecond = (name: string, isMeant?: Meant) => rounded(Math.max(0, grown(name, isMeant)) / seconds)
  return {
    requestsPerSecond: perSecond(`${REQUESTS}_count`),
    meanMs: meanMs(),
    inFlight: sum(after, 'registry_http_in_flight_requests'),
    uploads: sum(after, 'berth_uploads_running'),
    sentPerSecond: perSecond('berth_http_response_bytes_total'),
    receivedPerSecond: perSecond('berth_http_received_bytes_total'),
    storageRequestsPerSecond: perSecond('berth_storage_requests_total'),
    waitingWriters: sum(after, 'berth_database_waiting'),
    residentBytes: sum(after, 'process_resident_memory_bytes'),
    routes: routesIn(after)
      .map(({ method, handler }) => {
        const isMeant: Meant = (labels) => labels.method === method && labels.handler === handler
        return { method, handler, perSecond: perSecond(`${REQUESTS}_count`, isMeant), meanMs: meanMs(isMeant) }
      })
      .filter((route) => route.perSecond > 0)
      .sort((a, b) => b.perSecond - a.perSecond)
      .slice(0, SHOWN_ROUTES),
  }
}

type Meant = (labels: Sample['labels']) => boolean

function sum({ samples }: Moment, name: string, isMeant: Meant = () => true): number {
  return samples.reduce((all, each) => (each.name === name && isMeant(each.labels) ? all + each.value : all), 0)
}

function routesIn({ samples }: Moment): { method: string; handler: string }[] {
  const found = samples.filter(({ name }) => name === `${REQUESTS}_count`)
  const named = found.map(
    ({ labels: { method = '', handler = '' } }) => [`${method} ${handler}`, { method, handler }] as const,
  )
  return [...new Map(named).values()]
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
