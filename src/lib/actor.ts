/** Who did it, and from where. */
export interface Actor {
  /** A principal's id, `operator` for whoever runs commands on the server itself, or a job's name. */
  readonly id: string
  readonly name: string
  /** Address of the client; empty for the operator and for jobs. */
  readonly address: string
}

export const OPERATOR: Actor = { id: 'operator', name: 'operator', address: '' }

/** Something that happens by itself. */
export function jobActor(name: string): Actor {
  return { id: `job:${name}`, name, address: '' }
}
