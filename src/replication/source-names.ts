import type { ImageSource } from '../registry/image-source.ts'
import type { Rule } from './rule.ts'

/** Names at the source that a rule selects, in order. Asked for once, and not again if that failed. */
export function sourceNamesOf(rule: Rule, source: ImageSource, signal: AbortSignal): () => Promise<readonly string[]> {
  let names: Promise<readonly string[]> | undefined
  return () => {
    names ??= listNames(rule, source, signal)
    return names
  }
}

/** Without a wildcard in the rule nothing is asked: many registries do not list what they have. */
async function listNames(rule: Rule, source: ImageSource, signal: AbortSignal): Promise<readonly string[]> {
  const patterns = rule.body.repositories.split(',').map((text) => text.trim())
  if (!patterns.some((pattern) => pattern.includes('*'))) return patterns.sort()
  const names: string[] = []
  for await (const name of source.repositories(signal)) if (rule.selectsRepository(name)) names.push(name)
  return names.sort()
}
