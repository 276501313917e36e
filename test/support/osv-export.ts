import { zip } from './zip.ts'

export type OsvFixture = { readonly id: string } & Readonly<Record<string, unknown>>

/** An export as OSV makes them: `<id>.json` for each record. */
export function osvExport(records: readonly OsvFixture[]): Buffer {
  return zip(records.map((record) => ({ name: `${record.id}.json`, content: JSON.stringify(osvRecord(record)) })))
}

/** With what every record has. */
export function osvRecord(record: OsvFixture): OsvFixture {
  return { modified: '2024-01-01T00:00:00Z', published: '2023-01-01T00:00:00Z', ...record }
}

/** What a record says of one package: versions from the beginning, or from another one, to the first fixed one. */
export function affects(ecosystem: string, name: string, fixed?: string, introduced = '0') {
  const events = [{ introduced }, ...(fixed === undefined ? [] : [{ fixed }])]
  const type = ['npm', 'Go', 'crates.io'].includes(ecosystem) ? 'SEMVER' : 'ECOSYSTEM'
  return { package: { ecosystem, name }, ranges: [{ type, events }] }
}
