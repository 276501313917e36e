import { Robots } from '../robots/robots.tsx'
import { PartTitle } from './part-title.tsx'
import type { PartProps } from './parts.ts'

export function RegistryRobots({ canChange }: PartProps) {
  return (
    <>
      <PartTitle text="Robots">Accounts for programs, of the whole registry and of its projects.</PartTitle>
      <Robots may={canChange} />
    </>
  )
}
