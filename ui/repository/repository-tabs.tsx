import { type ComponentType, lazy } from 'react'
import type { Action } from '../projects/project-tabs.tsx'

export interface RepositoryViewProps {
  readonly repository: string
  /** What the viewer may do in it. */
  readonly may: readonly Action[]
}

interface RepositoryTab {
  /** In the address. */
  readonly tab: string
  readonly label: string
  /** Shown to those who may do this only. */
  readonly needs?: Action
  readonly View: ComponentType<RepositoryViewProps>
}

/** The parts of a repository's page besides its tags, in the order in which they stand. */
export const REPOSITORY_TABS: readonly RepositoryTab[] = [
  {
    tab: 'history',
    label: 'History',
    View: lazy(() => import('./history.tsx').then((module) => ({ default: module.History }))),
  },
  {
    tab: 'usage',
    label: 'Usage',
    View: lazy(() => import('./repository-usage.tsx').then((module) => ({ default: module.RepositoryUsage }))),
  },
]
