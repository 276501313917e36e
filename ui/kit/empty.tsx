import type { ReactNode } from 'react'

/** Where there is nothing yet: what would be here, and how it comes to be. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <section className="rounded-lg border border-dashed border-line bg-card p-6 text-center">
      <h2 className="font-semibold">{title}</h2>
      {children !== undefined && <div className="mt-1 text-sm text-soft">{children}</div>}
    </section>
  )
}
