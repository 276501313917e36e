import type { Entry } from './read-files.ts'

const SHAPES: Readonly<Record<Entry['type'], string>> = {
  folder: 'M3 6h6l2 2h10v11H3z',
  file: 'M6 3h8l5 5v13H6zM13 4v5h5',
  link: 'M10 7h9v9h-2v-5.5L6.5 21 5 19.5 15.5 9H10z',
  other: 'M12 3a9 9 0 100 18 9 9 0 000-18z',
  removed: 'M4 11h16v2H4z',
  opaque: 'M4 11h16v2H4z',
}
const NAMES: Readonly<Record<Entry['type'], string>> = {
  ...{ folder: 'Folder', file: 'File', link: 'Link', other: 'Other' },
  ...{ removed: 'Taken away', opaque: 'Hidden' },
}

export function EntryMark({ type }: { readonly type: Entry['type'] }) {
  return (
    <svg
      viewBox="0 0 24 24"
      role="img"
      aria-label={NAMES[type]}
      className={`size-4 shrink-0 ${type === 'folder' ? 'fill-accent' : 'fill-soft'}`}
    >
      <path d={SHAPES[type]} />
    </svg>
  )
}
