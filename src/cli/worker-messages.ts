import type { MetricObjectWithValues, MetricValue } from 'prom-client'

/** What a process counts, to be added up with the others'. */
export type ProcessMetrics = MetricObjectWithValues<MetricValue<string>>[]

export type ToParent =
  | { readonly type: 'listening'; readonly url: string }
  | { readonly type: 'collect'; readonly request: number }
  | { readonly type: 'metrics'; readonly request: number; readonly metrics: ProcessMetrics }

export type ToWorker =
  /** The end is near: not ready any more, but at work. */
  | { readonly type: 'drain' }
  | { readonly type: 'stop' }
  | { readonly type: 'report'; readonly request: number }
  | { readonly type: 'collected'; readonly request: number; readonly text: string }
