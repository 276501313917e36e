import { Namespaces } from './namespaces.tsx'
import { PartTitle } from './part-title.tsx'
import type { PartProps } from './parts.ts'
import { Remotes } from './remotes.tsx'
import { Sources } from './sources.tsx'

export function Upstreams({ canChange }: PartProps) {
  return (
    <>
      <PartTitle text="Upstreams">
        Other registries: where images come from when they are not here yet, and where replication takes them.
      </PartTitle>
      <Remotes canChange={canChange} />
      <Sources canChange={canChange} />
      <Namespaces canChange={canChange} />
    </>
  )
}
