import { change, type By, type Management, requireFound } from '../access/management.ts'
import type { Executor } from '../metadata/db.ts'
import {
  type AdoptedPlace,
  type AdoptionProblem,
  beginRound,
  countPlace,
  listPlaces,
  listProblems,
  type PlaceCounts,
} from './store.ts'

export interface Adoption extends AdoptedPlace, PlaceCounts {}

/** Every place that was ever adopted, and how far that is. */
export async function adoptions(executor: Executor): Promise<Adoption[]> {
  const found: Adoption[] = []
  for (const place of await listPlaces(executor)) found.push({ ...place, ...(await countPlace(executor, place)) })
  return found
}

/** What could not be adopted, by repository. @throws Problem when there is no such place */
export async function adoptionProblems(executor: Executor, name: string, limit: number): Promise<AdoptionProblem[]> {
  requireFound(
    (await listPlaces(executor)).find((place) => place.name === name),
    `adopted place "${name}"`,
  )
  return listProblems(executor, name, limit)
}

/** All of it is looked at once more, by the server. @throws Problem when there is no such place */
export async function adoptAgain(m: Management, by: By, name: string): Promise<void> {
  await change(m, by, { action: 'adoption.repeated', target: `adoption:${name}`, detail: {} }, async (tx) =>
    requireFound((await beginRound(tx, name, m.clock.now())) || undefined, `adopted place "${name}"`),
  )
}
