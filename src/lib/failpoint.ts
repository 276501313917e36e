/**
 * Named places where a test can make the process die or an operation fail, to show that a crash there loses nothing
 * that was acknowledged. Inactive unless `configureFailpoints` was called with a specification.
 */
type Effect = (name: string) => void

/** Without `hitsLeft` it happens every time. */
let armed: Map<string, { effect: Effect; hitsLeft: number | undefined }> | undefined

const EFFECTS: Readonly<Record<string, Effect>> = {
  kill: () => process.kill(process.pid, 'SIGKILL'),
  enospc: (name) => fail('ENOSPC', name),
  eio: (name) => fail('EIO', name),
  conflict: (name) => fail('40001', name),
}

function fail(code: string, name: string): never {
  throw Object.assign(new Error(`${code}: failpoint ${name}`), { code })
}

/**
 * Arms failpoints from `name=effect[@n]`, several separated by commas: the effect (`kill`, `enospc`, `eio`, or
 * `conflict`, PostgreSQL's serialization failure) happens at the n-th time the point is reached (default 1), once, or
 * with `@each` every time.
 */
export function configureFailpoints(specification: string): void {
  armed = new Map()
  for (const part of specification.split(',').filter((text) => text !== '')) {
    const match = /^([a-z0-9.-]+)=([a-z]+)(?:@(\d+|each))?$/.exec(part)
    const effect = EFFECTS[match?.[2] ?? '']
    if (match?.[1] === undefined || effect === undefined) throw new Error(`failpoint not understood: ${part}`)
    const at = match[3] ?? '1'
    armed.set(match[1], { effect, hitsLeft: at === 'each' ? undefined : Number(at) })
  }
}

export function failpoint(name: string): void {
  const point = armed?.get(name)
  if (point === undefined) return
  if (point.hitsLeft !== undefined && --point.hitsLeft !== 0) return
  point.effect(name)
}
