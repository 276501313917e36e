import type { Figure, Figures, Side } from './result.ts'

/** Runs A B C A B C …, so that a slow spell of the machine falls on all alike. */
export async function alternate<Who extends Side>(
  pairs: number,
  contestants: readonly Who[],
  measure: (who: Who, pair: number) => Promise<Figure>,
): Promise<Figures> {
  const figures: Partial<Record<Side, Figure[]>> = {}
  for (let pair = 0; pair < pairs; pair++) {
    for (const who of contestants) {
      const figure = await measure(who, pair)
      figures[who] = [...(figures[who] ?? []), figure]
    }
  }
  return figures
}
