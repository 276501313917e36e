import { type DockerRegistry, startDockerRegistry } from '../../support/docker-registry.ts'

/**
 * Stands in for Harbor, which cannot run here: the lists of its API v2.0 that a move reads, with the fields that its
 * description has, by HTTP Basic; below /v2/ a real docker-registry, which is what Harbor keeps images in.
 */
export interface FakeHarbor {
  /** `127.0.0.1:PORT` */
  readonly host: string
  readonly stop: () => Promise<void>
}

const ADMIN = `Basic ${btoa('admin:Harbor12345')}`

const project = (id: number, name: string, isPublic: boolean) => ({
  project_id: id,
  name,
  metadata: { public: String(isPublic) },
})
const member = (name: string, role: number, type = 'u') => ({ entity_name: name, entity_type: type, role_id: role })

/** What a directory may call a group. */
const HOSTILE = `x\necho INJECTED\n'$(echo INJECTED)\u001b[2J`

/** By path, and by what of the query matters. */
const LISTS: Readonly<Record<string, readonly unknown[]>> = {
  '/users': [
    { username: 'alice', email: 'alice@example.com', sysadmin_flag: false },
    { username: 'bob', email: 'bob@example.com', sysadmin_flag: false },
  ],
  '/projects': [project(1, 'library', true), project(2, 'team', false)],
  '/quotas?reference_id=1': [{ hard: { storage: -1 }, used: { storage: 0 } }],
  '/quotas?reference_id=2': [{ hard: { storage: 107374182400 }, used: { storage: 0 } }],
  '/projects/1/members': [member('admin', 1), member(HOSTILE, 2, 'g')],
  '/projects/2/members': [member('admin', 1), member('alice', 1), member('bob', 2), member('builders', 4, 'g')],
  '/robots?q=Level=project,ProjectID=1': [],
  '/robots?q=Level=project,ProjectID=2': [
    {
      name: 'robot$team+ci',
      level: 'project',
      permissions: [{ kind: 'project', namespace: 'team', access: ['pull', 'push'].map(onRepository) }],
    },
  ],
  '/projects/1/webhook/policies': [],
  '/projects/2/webhook/policies': [
    {
      name: 'deploy',
      enabled: true,
      event_types: ['PUSH_ARTIFACT'],
      targets: ['https://deploy.example.com/hook', 'http://ci.example.com/hook'].map((address) => ({
        ...{ type: 'http', address, payload_format: 'Default' },
      })),
    },
  ],
}

function onRepository(action: string) {
  return { resource: 'repository', action }
}

export async function startFakeHarbor(folder: string): Promise<FakeHarbor> {
  const images: DockerRegistry = await startDockerRegistry({ filesystem: { rootdirectory: folder } })
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: (request) => {
      const { pathname, search } = new URL(request.url)
      if (pathname.startsWith('/v2/')) return fetch(`${images.url}${pathname}${search}`, request)
      return request.headers.get('authorization') === ADMIN ? answer(request.url) : new Response('', { status: 401 })
    },
  })
  return {
    host: `127.0.0.1:${server.port}`,
    stop: async () => {
      await server.stop(true)
      await images.stop()
    },
  }
}

function answer(url: string): Response {
  const { pathname, searchParams } = new URL(url)
  const path = pathname.replace('/api/v2.0', '')
  const [name, value] = ['reference_id', 'q'].flatMap((each) => {
    const found = searchParams.get(each)
    return found === null ? [] : [each, found]
  })
  const list = LISTS[name === undefined ? path : `${path}?${name}=${value}`]
  if (list === undefined || searchParams.get('page_size') !== '100') return new Response('', { status: 404 })
  return Response.json(searchParams.get('page') === '1' ? list : [])
}
