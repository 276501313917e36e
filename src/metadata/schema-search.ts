import type { Generated } from 'kysely'
import type { Digest } from '../oci/digest.ts'

/** What is looked for by words. Triggers write it. */
export interface SearchTables {
  /** JSON texts, once for a digest, whoever has it. SQLite's words are in the table `search_words`, PostgreSQL's in an index of a function of that name. */
  search_texts: {
    id: Generated<number>
    kind: 'annotation' | 'label'
    digest: Digest
    content: string
  }
}
