import type { Database, Transaction } from '../metadata/db.ts'
import { OciError } from '../oci/errors.ts'
import type { Tag } from '../oci/name.ts'
import type { Guard, Operation } from '../registry/operation.ts'
import { type RuleHere, Rules, ruleFor } from './rules.ts'
import { tagsAfter } from './store.ts'

/** A tag that a rule of its project selects is set once: whoever wants to move or delete it is refused, administrators too. */
export function immutabilityGuard({ database }: { readonly database: Database }): Guard {
  const rules = new Rules(database)
  return {
    name: 'immutability',
    check: async (operation, tx) => {
      const endangered = endangeredBy(operation)
      if (endangered.length === 0) return
      const here = await rules.of(operation.repository, tx)
      if (here.length === 0) return
      const immutable = endangered === 'all' ? await findAmongAll(tx, operation, here) : findAmong(endangered, here)
      if (immutable !== undefined) throw refusal(immutable)
    },
    keepsTag: async ({ repository, tag }, executor) => reasonFor(await rules.of(repository, executor), tag),
    keepsIn: async ({ repository }, executor) => {
      const here = await rules.of(repository, executor)
      return here.length === 0 ? {} : { tag: (tag) => reasonFor(here, tag) }
    },
  }
}

function reasonFor(rules: readonly RuleHere[], tag: Tag): string | undefined {
  const rule = ruleFor(rules, tag)
  return rule && `immutable by rule ${rule.id} (${rule.tags.text})`
}

/** The tags that would not be what they were. */
function endangeredBy(operation: Operation): readonly Tag[] | 'all' {
  switch (operation.type) {
    case 'push-manifest':
    case 'move-tags':
      return operation.tags
        .filter(({ previous }) => previous !== undefined && previous !== operation.digest)
        .map(({ tag }) => tag)
    case 'delete-tag':
      return [operation.tag]
    case 'delete-manifests':
      return operation.tags
    case 'delete-repository':
      return 'all'
    default:
      return []
  }
}

interface Immutable {
  readonly tag: Tag
  readonly rule: RuleHere
}

function findAmong(tags: readonly Tag[], rules: readonly RuleHere[]): Immutable | undefined {
  for (const tag of tags) {
    const rule = ruleFor(rules, tag)
    if (rule !== undefined) return { tag, rule }
  }
  return undefined
}

const PAGE = 1000

/** Others are served between the pages. */
async function findAmongAll(
  tx: Transaction,
  { repositoryId }: Operation,
  rules: readonly RuleHere[],
): Promise<Immutable | undefined> {
  for (let after = ''; ;) {
    const tags = await tagsAfter(tx, repositoryId, { after, limit: PAGE })
    const found = findAmong(tags, rules)
    const last = tags.at(-1)
    if (found !== undefined || last === undefined || tags.length < PAGE) return found
    after = last
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function refusal({ tag, rule: { id, project, tags } }: Immutable): OciError {
  return new OciError('DENIED', {
    message: `the tag ${tag} is immutable in the project ${project} (rule ${id}: ${tags.text}); push under another tag, or ask an owner of the project to remove the rule`,
    detail: { reason: 'immutable-tag', tag, project, rule: id, tags: tags.text },
  })
}
