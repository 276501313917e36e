import type { Actor } from '../lib/actor.ts'
import type { OciError } from '../oci/errors.ts'
import type { ImageSource, ImageTarget } from './image-source.ts'
import { localSource } from './local-source.ts'
import { localTarget } from './local-target.ts'
import type { Registry } from './registry.ts'

/** Who works with this registry's images, without a request. */
export interface LocalUse {
  readonly registry: Registry
  /** Whom the audit names. */
  readonly actor: Actor
  /** Thrown when a tag that exists would be moved; undefined: it may be. */
  readonly overwriteRefusal: OciError | undefined
}

/**
 * This very registry as a place that images come from and go to, through the same use cases as a client's requests: guards
 * may refuse, and the audit says who did it. Whoever gets it may read and write every repository. Reading is no pull:
 * it does not keep an image from being removed by rules that ask when it was pulled last.
 */
export function localImages(use: LocalUse): ImageSource & ImageTarget {
  return { ...localSource(use.registry), ...localTarget(use) }
}
