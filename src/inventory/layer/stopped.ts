/** Reading a layer ended before the layer did; what was found until then is good. The message is for people. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError'
}

/** It was stopped by a setting, which the message names. */
export class LimitError extends StoppedError {}
