/** Numbers of 0 to 1 that a seed decides (mulberry32): both contestants are asked the same, run after run. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** In place, and returned. */
export function shuffled<Thing>(things: Thing[], random: () => number): Thing[] {
  for (let last = things.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const [one, two] = [things[last], things[other]]
    if (one !== undefined && two !== undefined) [things[last], things[other]] = [two, one]
  }
  return things
}
