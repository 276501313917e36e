import { type ComponentType, lazy } from 'react'

export interface PartProps {
  /** Of the address, behind the name of the part: which user, which rule. */
  readonly rest: string
  /** Auditors see the same without buttons. */
  readonly canChange: boolean
}

export interface Part {
  /** In the address. */
  readonly name: string
  readonly label: string
  readonly View: ComponentType<PartProps>
  /** Not even seen by auditors. */
  readonly isForAdministrators?: boolean
}

/** Loaded when it is first looked at. */
function part(name: string, label: string, load: () => Promise<ComponentType<PartProps>>): Part {
  return { name, label, View: lazy(async () => ({ default: await load() })) }
}

export const PARTS: readonly (readonly [heading: string, parts: readonly Part[]])[] = [
  [
    'Registry',
    [
      part('overview', 'Overview', async () => (await import('./overview.tsx')).Overview),
      part('usage', 'Usage', async () => (await import('./usage.tsx')).Usage),
      {
        ...part('bin', 'Recycle bin', async () => (await import('./bin.tsx')).Bin),
        isForAdministrators: true,
      },
      part('storage', 'Storage', async () => (await import('./storage.tsx')).Storage),
      part('jobs', 'Jobs', async () => (await import('./jobs.tsx')).Jobs),
      part('settings', 'Settings', async () => (await import('./settings.tsx')).Settings),
    ],
  ],
  [
    'Who may',
    [
      part('users', 'Users', async () => (await import('./users.tsx')).Users),
      part('groups', 'Groups', async () => (await import('./groups.tsx')).Groups),
      part('robots', 'Robots', async () => (await import('./registry-robots.tsx')).RegistryRobots),
      part('access', 'Access', async () => (await import('./access.tsx')).Access),
    ],
  ],
  [
    'Elsewhere',
    [
      part('upstreams', 'Upstreams', async () => (await import('./upstreams.tsx')).Upstreams),
      part('replication', 'Replication', async () => (await import('./replication.tsx')).Replication),
      part('adoption', 'Adoption', async () => (await import('./adoption.tsx')).Adoption),
      part('scanners', 'Scanners', async () => (await import('./scanners.tsx')).Scanners),
      {
        ...part('webhooks', 'Webhooks', async () => (await import('./registry-webhooks.tsx')).RegistryWebhooks),
        isForAdministrators: true,
      },
    ],
  ],
  [
    'What happened',
    [
      part('audit', 'Audit', async () => (await import('./audit.tsx')).Audit),
      part('events', 'Events', async () => (await import('./events.tsx')).Events),
    ],
  ],
]
