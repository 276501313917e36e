import { Link } from '@tanstack/react-router'

/** From one of many to all of them. */
export function BackLink({ part, children }: { readonly part: string; readonly children: string }) {
  return (
    <Link to="/admin/$" params={{ _splat: part }}>
      {children}
    </Link>
  )
}
