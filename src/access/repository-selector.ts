import { matchesPattern } from '../lib/name-pattern.ts'
import { Problem } from '../lib/problem.ts'
import type { RepositoryName } from '../oci/name.ts'
import { parsePattern } from './pattern.ts'
import { isPossiblePattern } from './possible-pattern.ts'
import type { Project } from './project-store.ts'

/** What rules of a project are about: '' is all its repositories, else a pattern of names below it. @throws Problem */
export function parseRepositorySelector(text: string): string {
  if (text === '') return ''
  const pattern = parsePattern(text)
  if (isPossiblePattern(pattern)) return pattern
  throw new Problem('invalid', `the pattern "${text}" matches no name of a repository`)
}

/** A repository named like the project is below it with an empty name, as for grants. */
export function selectsRepository(selector: string, project: Pick<Project, 'name'>, name: RepositoryName): boolean {
  return selector === '' || matchesPattern(selector, name.slice(project.name.length + 1))
}
