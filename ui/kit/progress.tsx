/** How far long work is; without a known end it only says that it goes on. */
export function Progress({
  label,
  done,
  of,
}: {
  readonly label: string
  readonly done: number
  readonly of?: number | undefined
}) {
  return (
    <div className="text-sm">
      <p className="mb-1 text-soft">
        {label} {of === undefined ? done.toLocaleString() : `${done.toLocaleString()} of ${of.toLocaleString()}`}
      </p>
      <progress
        aria-label={label}
        className="h-2 w-full accent-accent"
        {...(of !== undefined && { value: done, max: Math.max(of, 1) })}
      />
    </div>
  )
}
