import { Link, type LinkProps } from '@tanstack/react-router'

export interface Tab {
  readonly label: string
  readonly to: LinkProps
  readonly isCurrent: boolean
  /** Behind the label: how many there are. */
  readonly count?: number | undefined
}

/** The parts of a page, each with an address of its own. */
export function Tabs({ label, tabs }: { readonly label: string; readonly tabs: readonly Tab[] }) {
  return (
    <nav aria-label={label} className="mb-4 border-b border-line">
      <ul className="-mb-px flex flex-wrap gap-x-1">
        {tabs.map(({ label: text, to, isCurrent, count }) => (
          <li key={text}>
            <Link
              {...to}
              aria-current={isCurrent ? 'page' : undefined}
              className={`block border-b-2 px-3 py-2 text-sm no-underline! ${isCurrent ? 'border-accent font-semibold text-ink!' : 'border-transparent text-soft! hover:text-ink!'}`}
            >
              {text}
              {count !== undefined && <span className="ml-1.5 text-xs text-soft">{count.toLocaleString()}</span>}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
