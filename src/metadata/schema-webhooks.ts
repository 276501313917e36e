import type { Generated } from 'kysely'

/** Who is told of events. Times are milliseconds since 1970. */
export interface WebhookTables {
  /** `settings` is a JSON object; `secret` is sealed. Null project: of the whole registry. */
  webhooks: {
    id: Generated<number>
    project_id: number | null
    url: string
    settings: string
    secret: string | null
    enabled: number
    created_by: string
    created_at: number
    /** The last row of the audit that it was told of, or that is none of its business. */
    position: number
    /** In vain, since the last that was not. */
    attempts: Generated<number>
    failing_since: number | null
    /** Nothing is sent before. */
    due_at: Generated<number>
  }
  /** One attempt each; `event` is the row of the audit of one that was given up, as JSON. */
  webhook_deliveries: {
    id: Generated<number>
    webhook_id: number
    event_id: number
    type: string
    state: DeliveryState
    /** What the receiver answered; null: nothing. */
    status: number | null
    problem: string | null
    event: string | null
    at: number
  }
}

/** `dead`: given up, and kept to be sent again by hand. `replayed`: that was done. */
export type DeliveryState = 'delivered' | 'failed' | 'dead' | 'replayed'
