import { Collection } from './collection.tsx'
import { PartTitle } from './part-title.tsx'
import type { PartProps } from './parts.ts'
import { Scrub } from './scrub.tsx'

export function Storage({ canChange }: PartProps) {
  return (
    <>
      <PartTitle text="Storage">
        What nobody needs any more is collected by itself, while everything goes on; what is stored is read again, to
        know that it is what it was.
      </PartTitle>
      <Collection canChange={canChange} />
      <Scrub canChange={canChange} />
    </>
  )
}
