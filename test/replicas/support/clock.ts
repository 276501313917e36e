/** Loaded before a server by `bun --preload`: the machine's clock is wrong by so many milliseconds. */
const skewMs = Number(process.env.BERTH_TEST_CLOCK_SKEW_MS ?? 0)
const RightDate = Date

class SkewedDate extends RightDate {
  constructor(...parts: readonly unknown[]) {
    // Whatever is said is a moment; only "now" is wrong.
    if (parts.length === 0) super(SkewedDate.now())
    else super(...(parts as [number]))
  }

  static override now(): number {
    return RightDate.now() + skewMs
  }
}

globalThis.Date = SkewedDate as DateConstructor
