import { type ComponentType, lazy } from 'react'

export type Action = 'pull' | 'push' | 'overwrite' | 'delete' | 'protect' | 'manage'

export interface ProjectViewProps {
  readonly project: string
  /** What the viewer may do in it. */
  readonly may: readonly Action[]
}

interface ProjectTab {
  /** In the address. */
  readonly tab: string
  readonly label: string
  /** Shown to those who may do this only. */
  readonly needs?: Action
  readonly View: ComponentType<ProjectViewProps>
}

/** The parts of a project's page besides its repositories, in the order in which they stand. */
export const PROJECT_TABS: readonly ProjectTab[] = [
  {
    tab: 'members',
    label: 'Members',
    needs: 'manage',
    View: lazy(() => import('./members.tsx').then((module) => ({ default: module.Members }))),
  },
  {
    tab: 'robots',
    label: 'Robots',
    needs: 'manage',
    View: lazy(() => import('./project-robots.tsx').then((module) => ({ default: module.ProjectRobots }))),
  },
  {
    tab: 'policies',
    label: 'Policies',
    View: lazy(() => import('./policies/policies.tsx').then((module) => ({ default: module.Policies }))),
  },
  {
    tab: 'retention',
    label: 'Retention',
    View: lazy(() => import('./retention/retention.tsx').then((module) => ({ default: module.Retention }))),
  },
  {
    tab: 'usage',
    label: 'Usage',
    View: lazy(() => import('./usage.tsx').then((module) => ({ default: module.Usage }))),
  },
  {
    tab: 'bin',
    label: 'Recycle bin',
    needs: 'delete',
    View: lazy(() => import('./recycle-bin.tsx').then((module) => ({ default: module.RecycleBin }))),
  },
  {
    tab: 'webhooks',
    label: 'Webhooks',
    needs: 'manage',
    View: lazy(() => import('./project-webhooks.tsx').then((module) => ({ default: module.ProjectWebhooks }))),
  },
  {
    tab: 'settings',
    label: 'Settings',
    needs: 'manage',
    View: lazy(() => import('./settings.tsx').then((module) => ({ default: module.Settings }))),
  },
]
