import type { paths } from '../../api/client.ts'

type Body = NonNullable<
  paths['/projects/{project}/retention/preview']['post']['requestBody']
>['content']['application/json']
export type RetentionRule = NonNullable<Body['rules']>[number]
type Keep = NonNullable<RetentionRule['keep']>

/** A rule as a sentence. */
export function describeRetention({ tags, keep, untagged }: RetentionRule): string {
  if (tags === undefined)
    return untagged === 'never'
      ? 'Manifests without a name stay for ever.'
      : `Manifests without a name go after ${untagged}.`
  const kept = describeKeep(keep ?? {})
  const about = tags === '*' ? 'All tags go' : `Tags like ${tags} go`
  return kept === '' ? `${about}.` : `${about}, except ${kept}.`
}

function describeKeep({ lastPushed, lastPulled, pushedWithin, pulledWithin }: Keep): string {
  const parts = [
    lastPushed !== undefined && `the ${lastPushed} pushed last`,
    pushedWithin !== undefined && `those pushed within ${pushedWithin}`,
    lastPulled !== undefined && `the ${lastPulled} pulled last`,
    pulledWithin !== undefined && `those pulled within ${pulledWithin}`,
  ]
  return parts.filter((part) => part !== false).join(', ')
}

/** What one types into the fields of a rule. */
export interface RuleFields {
  readonly about: 'tags' | 'untagged'
  readonly repositories: string
  readonly tags: string
  readonly lastPushed: string
  readonly pushedWithin: string
  readonly lastPulled: string
  readonly pulledWithin: string
  readonly untagged: string
}

export const NEW_RULE: RuleFields = {
  about: 'tags',
  repositories: '',
  tags: '*',
  lastPushed: '10',
  pushedWithin: '',
  lastPulled: '',
  pulledWithin: '',
  untagged: '7d',
}

export function fieldsOf({ repositories = '', tags, keep = {}, untagged }: RetentionRule): RuleFields {
  return {
    about: tags === undefined ? 'untagged' : 'tags',
    repositories,
    tags: tags ?? '*',
    lastPushed: keep.lastPushed?.toString() ?? '',
    pushedWithin: keep.pushedWithin ?? '',
    lastPulled: keep.lastPulled?.toString() ?? '',
    pulledWithin: keep.pulledWithin ?? '',
    untagged: untagged ?? '7d',
  }
}

export function ruleOf(fields: RuleFields): RetentionRule {
  const repositories = fields.repositories.trim()
  if (fields.about === 'untagged') return { repositories, untagged: fields.untagged.trim() }
  const keep: Keep = {
    ...numberIn('lastPushed', fields.lastPushed),
    ...textIn('pushedWithin', fields.pushedWithin),
    ...numberIn('lastPulled', fields.lastPulled),
    ...textIn('pulledWithin', fields.pulledWithin),
  }
  return { repositories, tags: fields.tags.trim(), keep }
}

function textIn<Name extends keyof Keep>(name: Name, typed: string): Keep {
  return typed.trim() === '' ? {} : { [name]: typed.trim() }
}

function numberIn<Name extends keyof Keep>(name: Name, typed: string): Keep {
  return typed.trim() === '' ? {} : { [name]: Number(typed) }
}
