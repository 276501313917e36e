import type { StartOptions } from '../../support/registry.ts'

/** A server that takes an index some of whose manifests are missing, as a copy of one platform leaves it; off by default. */
export const SPARSE: StartOptions = { env: { BERTH_CONTENT__SPARSE: 'true' } }
