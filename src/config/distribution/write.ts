import { stringify } from 'yaml'
import type { Converted } from './draft.ts'

/** Our configuration file, with a line for each key of distribution's. */
export function writeConverted({ values, notes, commands, problems }: Converted): string {
  const head = notes.map(({ key, became }) => `# ${key} → ${became}`)
  const parts = [
    '# Converted from a configuration of distribution. What each of its keys became:',
    ...head,
    ...(problems.length === 0 ? [] : ['#', '# To be settled first:', ...problems.map((problem) => `# ${problem}`)]),
    '',
    stringify(values).trimEnd(),
    ...(commands.length === 0 ? [] : ['', '# To be run once:', ...commands.map((command) => `# ${command}`)]),
  ]
  return `${parts.join('\n')}\n`
}
