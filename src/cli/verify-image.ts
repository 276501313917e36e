import { systemClock } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import { parseAnchor } from '../trust/parse-anchor.ts'
import { sourcePlace } from '../trust/places.ts'
import { verifySignatures } from '../trust/verify-signatures.ts'
import { parseImagePlace } from './image-place.ts'
import { findSubject, type PlaceFlags, withPlace } from './image-to-sign.ts'
import { print } from './output.ts'
import { printSignatures, trustedAmong } from './signature-text.ts'
import { readTrust, type TrustFlags } from './trust-flags.ts'

export interface VerifyFlags extends PlaceFlags, TrustFlags {
  readonly predicateType?: string
}

/** @throws Problem: nobody who is trusted signed it */
export async function verifyImage(image: string, flags: VerifyFlags): Promise<void> {
  const place = parseImagePlace(image)
  const { kind, body } = await readTrust(flags)
  const parsed = await parseAnchor(kind, body)
  const anchor = { name: parsed.summary, kind, body: parsed.body }
  await withPlace(place, flags, async (at) => {
    const subject = await findSubject(at, place)
    const found = await verifySignatures(sourcePlace(at, place.name), subject, {
      anchors: [anchor],
      now: systemClock.now(),
    })
    printSignatures(found)
    const wanted = flags.predicateType
    if (trustedAmong(found, wanted).length === 0)
      throw new Problem(
        'invalid',
        `${subject.digest} has no ${wanted === undefined ? 'signature' : `statement of type ${wanted}`} by ${parsed.summary}`,
      )
    print(`Verified ${subject.digest}.`)
  })
}
