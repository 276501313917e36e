/** The database cannot be reached, or did not answer in time: nothing was changed. `code` leads to a 503. */
export class DatabaseUnavailable extends Error {
  readonly code = 'DATABASE_UNAVAILABLE'

  constructor(message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'DatabaseUnavailable'
  }
}

/** Serialization failure, deadlock, lock not available (PostgreSQL Appendix A). */
const CONFLICTS = new Set(['40001', '40P01', '55P03'])

/** Two that wanted to be the first to enter the same thing: whoever comes second finds it there when asked again. */
const UNIQUE_VIOLATION = '23505'

/** Whether the same work may succeed when it is done again from the start. */
export function isConflict(error: unknown): boolean {
  const code = codeOf(error)
  return CONFLICTS.has(code) || code === UNIQUE_VIOLATION
}

export function isUniqueViolation(error: unknown): boolean {
  return codeOf(error) === UNIQUE_VIOLATION
}

export function isMissingTable(error: unknown): boolean {
  return codeOf(error) === '42P01'
}

/** Of `pg_xact_status`: after a crash the server does not know a number that it had given. */
export function isNotYetGiven(error: unknown): boolean {
  return codeOf(error) === '22023'
}

const REFUSED_SIGN_IN = /^28...$/
const NO_SUCH_DATABASE = '3D000'
const NOT_ALLOWED = '42501'

/** What to do when a database cannot be opened for reasons that will not go away by themselves. */
export function openingProblem(error: unknown): Error | undefined {
  if (!(error instanceof Error)) return undefined
  const code = codeOf(error)
  const say = (what: string, advice: string) => new Error(`${what}: ${error.message}; ${advice}`, { cause: error })
  if (REFUSED_SIGN_IN.test(code))
    return say('the database refused the sign-in', 'look at user, password and sslmode of its address (--database)')
  if (code === NO_SUCH_DATABASE) return say('the database is not there', 'create it, empty, and start again')
  if (code === NOT_ALLOWED) return say('the database allows too little', 'our user must own the database')
  return undefined
}

/** 08: connection, 57P: shut down, starting or gone away, 53300: too many connections, 25006: a standby. */
const OUTAGE = /^(?:08...|57P..|53300|53400|25006)$/
const SOCKET = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'])
/** The driver's own, which have no code. */
const DRIVER =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed|The server does not support|server closed the connection)/

/** Whether the connection is lost, or there was none: not whether what was sent took effect. */
export function isOutage(error: unknown): boolean {
  if (error instanceof DatabaseUnavailable) return true
  if (!(error instanceof Error)) return false
  const code = codeOf(error)
  return OUTAGE.test(code) || SOCKET.has(code) || DRIVER.test(error.message)
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
