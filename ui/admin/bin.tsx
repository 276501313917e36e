import { RecycleBin } from '../projects/recycle-bin.tsx'
import { PartTitle } from './part-title.tsx'

/** Of all projects. */
export function Bin() {
  return (
    <>
      <PartTitle text="Recycle bin">What was deleted in any project and can still be restored.</PartTitle>
      <RecycleBin may={['manage']} />
    </>
  )
}
