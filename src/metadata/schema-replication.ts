/** Rules that bring images to and from other registries, and what became of each run. Times are milliseconds since 1970. */
// biome-ignore lint/complexity/noBannedTypes: filled by the feature
export type ReplicationTables = {}
