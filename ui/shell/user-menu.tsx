import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useMe } from '../api/me.ts'
import { Button } from '../kit/button.tsx'
import { signInAddress } from '../kit/failure.tsx'
import { isDark, toggleTheme } from './theme.ts'

const LOOK = 'inline-flex min-h-8 items-center rounded-md border border-line bg-card px-3 py-1 text-sm font-medium'

/** Who is signed in, and how the pages look. */
export function UserMenu() {
  const me = useMe()
  return (
    <div className="flex items-center gap-2">
      <ThemeToggle />
      {me === null && (
        <a href={signInAddress()} className={LOOK}>
          Sign in
        </a>
      )}
      {me !== undefined && me !== null && (
        <Link to="/me" className={LOOK} title="Your account">
          <span className="max-w-32 truncate">{me.name}</span>
        </Link>
      )}
    </div>
  )
}

function ThemeToggle() {
  const [dark, setDark] = useState(isDark)
  const toggle = () => {
    toggleTheme()
    setDark(isDark())
  }
  const label = dark ? 'Light theme' : 'Dark theme'
  return (
    <Button aria-label={label} title={label} onClick={toggle}>
      <svg viewBox="0 0 24 24" aria-hidden="true" className="size-4 fill-current">
        {dark ? (
          <path d="M12 7a5 5 0 100 10 5 5 0 000-10zM11 1h2v4h-2zM11 19h2v4h-2zM1 11h4v2H1zM19 11h4v2h-4zM4 5.4L5.4 4l2.8 2.8-1.4 1.4zM15.8 17.2l1.4-1.4L20 18.6 18.6 20zM4 18.6l2.8-2.8 1.4 1.4L5.4 20zM15.8 6.8L18.6 4 20 5.4l-2.8 2.8z" />
        ) : (
          <path d="M21 14.5A9 9 0 019.5 3 9 9 0 1021 14.5z" />
        )}
      </svg>
    </Button>
  )
}
