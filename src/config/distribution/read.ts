import { parse } from 'yaml'
import { convertDistribution } from './convert.ts'
import type { Converted } from './draft.ts'
import type { Tree } from '../tree.ts'
import { type Variables, withVariables } from './variables.ts'

/** A file of distribution, or none, with the variables that override it. */
export function readDistribution(
  file: Tree | undefined,
  environment: Variables,
  hasImages: (folder: string) => boolean,
): Converted {
  const tree = withVariables(file ?? {}, environment, parseValue)
  return convertDistribution(tree, { isWhole: file !== undefined, hasImages })
}

/** What is no YAML is the text itself. */
function parseValue(text: string): unknown {
  try {
    return parse(text) ?? ''
  } catch {
    return text
  }
}
