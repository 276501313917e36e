import type { Job } from '../jobs/job.ts'
import { Deliverer, type DeliveryParts } from './deliver.ts'

/** How long an event waits at most before it is on its way. */
const EVERY_MS = 1000

export function webhookJobs(parts: DeliveryParts): Job[] {
  const deliverer = new Deliverer(parts)
  return [
    { name: 'webhooks', about: 'Sends events to webhooks.', everyMs: EVERY_MS, run: (signal) => deliverer.run(signal) },
  ]
}
