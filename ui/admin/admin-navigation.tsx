import { Link, useNavigate } from '@tanstack/react-router'
import type { Part } from './parts.ts'

interface AdminNavigationProps {
  readonly groups: readonly { readonly heading: string; readonly parts: readonly Part[] }[]
  /** Name of the part that is shown. */
  readonly current: string
}

/** The parts at the side, or where there is no room, as one choice above. */
export function AdminNavigation({ groups, current }: AdminNavigationProps) {
  const navigate = useNavigate()
  return (
    <>
      <nav aria-label="Administration" className="hidden lg:block">
        <div className="sticky top-4">
          {groups.map(({ heading, parts }) => (
            <div key={heading} className="mb-4">
              <p className="mb-1 px-2 text-xs font-semibold text-soft">{heading}</p>
              <ul>
                {parts.map(({ name, label }) => (
                  <li key={name}>
                    <Link
                      to="/admin/$"
                      params={{ _splat: name }}
                      aria-current={name === current ? 'page' : undefined}
                      className={`block rounded-md px-2 py-1 text-sm no-underline! ${name === current ? 'bg-tint font-semibold text-ink!' : 'text-soft! hover:bg-tint hover:text-ink!'}`}
                    >
                      {label}
                    </Link>
                  </li>
                ))}
              </ul>
            </div>
          ))}
        </div>
      </nav>
      <select
        aria-label="Part of the administration"
        value={current}
        onChange={({ target }) => void navigate({ to: '/admin/$', params: { _splat: target.value } })}
        className="mb-4 w-full rounded-md border border-control bg-page px-2.5 py-1.5 text-sm lg:hidden"
      >
        {groups.map(({ heading, parts }) => (
          <optgroup key={heading} label={heading}>
            {parts.map(({ name, label }) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </>
  )
}
