import type { Contestant } from './contestants.ts'
import type { Figure, Figures } from './result.ts'

/** Runs A B C A B C …, so that a slow spell of the machine falls on all alike. */
export async function alternate(
  pairs: number,
  contestants: readonly Contestant[],
  measure: (who: Contestant, pair: number) => Promise<Figure>,
): Promise<Figures> {
  const figures: Partial<Record<Contestant, Figure[]>> = {}
  for (let pair = 0; pair < pairs; pair++) {
    for (const who of contestants) {
      const figure = await measure(who, pair)
      figures[who] = [...(figures[who] ?? []), figure]
    }
  }
  return figures
}
