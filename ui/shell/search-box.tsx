import { useLocation, useNavigate } from '@tanstack/react-router'
import { type FormEvent, useEffect, useRef } from 'react'

/** One box for everything; `/` leads to it from anywhere. */
export function SearchBox() {
  const box = useRef<HTMLInputElement>(null)
  const navigate = useNavigate()
  const { pathname, search } = useLocation()
  const asked = pathname === '/search' ? (search.q ?? '') : ''
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && event.target.matches('input, textarea, select, dialog *')
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || typing) return
      event.preventDefault()
      box.current?.focus()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const q = box.current?.value.trim() ?? ''
    if (q !== '') void navigate({ to: '/search', search: { q } })
  }
  return (
    <search className="order-last w-full sm:order-none sm:w-auto sm:flex-1 sm:px-2">
      <form onSubmit={submit}>
        <input
          key={asked}
          ref={box}
          type="search"
          aria-label="Search everything"
          aria-keyshortcuts="/"
          placeholder="Search images, tags, digests, labels, packages, CVEs ( / )"
          defaultValue={asked}
          className="w-full min-w-0 rounded-md border border-control bg-page px-2.5 py-1.5 text-sm placeholder:text-soft"
        />
      </form>
    </search>
  )
}
