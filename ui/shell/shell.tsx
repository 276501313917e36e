import { Link, Outlet } from '@tanstack/react-router'
import { useIsInspector } from '../api/me.ts'
import { Toasts } from '../kit/toast.tsx'
import { SearchBox } from './search-box.tsx'
import { UserMenu } from './user-menu.tsx'

const PLACE =
  'rounded-md px-2 py-1 text-sm text-soft hover:text-ink data-[status=active]:font-semibold data-[status=active]:text-ink'

/** What is around every page. */
export function Shell() {
  return (
    <Toasts>
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:absolute focus:top-1 focus:left-1 focus:z-10 focus:rounded focus:bg-card focus:px-3 focus:py-1"
      >
        Skip to the content
      </a>
      <header className="border-b border-line bg-card">
        <div className="mx-auto flex max-w-6xl flex-wrap items-center gap-x-3 gap-y-2 px-4 py-2">
          <Link to="/" className="flex items-center gap-2 text-base font-bold">
            <Mark />
            Berth
          </Link>
          <Places />
          <SearchBox />
          <div className="ml-auto">
            <UserMenu />
          </div>
        </div>
      </header>
      <main id="content" tabIndex={-1} className="mx-auto max-w-6xl px-4 py-5 outline-none">
        <Outlet />
      </main>
    </Toasts>
  )
}

function Places() {
  const isInspector = useIsInspector()
  return (
    <nav aria-label="Main" className="flex flex-wrap">
      <Link to="/" className={PLACE} activeOptions={{ exact: true }}>
        Projects
      </Link>
      <Link to="/r/$" params={{ _splat: '' }} className={PLACE}>
        Repositories
      </Link>
      {isInspector && (
        <Link to="/admin/$" params={{ _splat: '' }} className={PLACE}>
          Administration
        </Link>
      )}
    </nav>
  )
}

/** A ship at its berth. */
function Mark() {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" className="size-6 fill-accent">
      <path d="M7 4h4v4H7zM12 4h4v4h-4zM4 9h4v4H4zM9 9h4v4H9zM14 9h4v4h-4zM2 14h20l-3 6H6z" />
    </svg>
  )
}
