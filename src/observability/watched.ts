/** Numbers that other parts keep for themselves, and that are read when somebody asks for /metrics. */
export const WATCHED = {
  berth_http_response_bytes_total: { type: 'counter', help: 'Bytes of the bodies of answers' },
  berth_http_received_bytes_total: {
    type: 'counter',
    help: 'Bytes of the bodies that clients sent, as far as they were read',
  },
  berth_uploads_running: { type: 'gauge', help: 'Uploads that a request is writing to, or finishing' },
  berth_cache_hits_total: { type: 'counter', help: 'What was in memory when it was wanted', label: 'cache' },
  berth_cache_misses_total: { type: 'counter', help: 'What was not, and had to be read', label: 'cache' },
  berth_database_turns_total: { type: 'counter', help: 'Transactions that write' },
  berth_database_wait_seconds_total: { type: 'counter', help: 'Time for which they waited for their turn' },
  berth_database_waiting: { type: 'gauge', help: 'Transactions that wait for their turn' },
} as const satisfies Readonly<Record<string, WatchedMetric>>

interface WatchedMetric {
  readonly type: 'counter' | 'gauge'
  readonly help: string
  /** Whose values are a few words of ours. */
  readonly label?: string
}

export type WatchedName = keyof typeof WATCHED

export interface Watch {
  readonly name: WatchedName
  /** Of the label, where it has one. */
  readonly value?: string
  readonly read: () => number
}
