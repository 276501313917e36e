/** Trees of other registries that are served where they lie. Times are milliseconds since 1970. */
// biome-ignore lint/complexity/noBannedTypes: filled by the feature
export type AdoptTables = {}
