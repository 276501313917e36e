import { ApiError } from '../api/client.ts'

export function isUnauthorized(error: Error): boolean {
  return error instanceof ApiError && error.status === 401
}

/** Where signing in would help, it is offered. */
export function Failure({ error }: { readonly error: Error }) {
  if (isUnauthorized(error))
    return (
      <section className="rounded-lg border border-line bg-card p-4">
        <h2 className="font-semibold">Sign in to go on</h2>
        <p className="mt-1 text-sm text-soft">This registry shows this to people it knows.</p>
        <a className="mt-2 inline-block underline" href={signInAddress()}>
          Sign in to see this page
        </a>
      </section>
    )
  return (
    <p role="alert" className="my-2 rounded-lg border border-danger bg-card p-3 text-sm break-words text-danger">
      {error.message}
    </p>
  )
}

/** Comes back to this page. */
export function signInAddress(): string {
  return `/auth/?${new URLSearchParams({ next: `${location.pathname}${location.search}` })}`
}
