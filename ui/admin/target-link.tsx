import { Link } from '@tanstack/react-router'

const PLACES = {
  repository: '/r/$',
  project: '/p/$',
} as const
const PARTS: Readonly<Record<string, string>> = { user: 'users', group: 'groups', job: 'jobs' }

/** What something was done to, as a way there where there is one: `repository:team/app`. */
export function TargetLink({ target }: { readonly target: string }) {
  const colon = target.indexOf(':')
  const kind = target.slice(0, Math.max(colon, 0))
  const name = target.slice(colon + 1)
  if (kind === 'repository' || kind === 'project')
    return (
      <Link to={PLACES[kind]} params={{ _splat: name }} className="break-all">
        {name}
      </Link>
    )
  const part = PARTS[kind]
  if (part !== undefined)
    return (
      <Link to="/admin/$" params={{ _splat: part === 'jobs' ? part : `${part}/${name}` }} className="break-all">
        {target}
      </Link>
    )
  return <span className="break-all">{target}</span>
}
