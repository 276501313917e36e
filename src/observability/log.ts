export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

export type LogFields = Readonly<Record<string, unknown>>

export interface Log {
  readonly enabled: (level: LogLevel) => boolean
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A request that was answered; undefined: nobody wants to know. */
  readonly access?: ((fields: LogFields) => void) | undefined
}

export interface LogOptions {
  readonly level: LogLevel
  readonly access?: 'auto' | 'on' | 'off'
  readonly now: () => Date
  readonly write: (line: string) => void
}

/** One JSON object a line: control characters of whatever was logged are escaped, so nobody can forge a line. */
export function createLog({ level, access = 'auto', now, write }: LogOptions): Log {
  const threshold = LOG_LEVELS.indexOf(level)
  const enabled = (candidate: LogLevel) => LOG_LEVELS.indexOf(candidate) >= threshold
  const line = (as: LogLevel, message: string, fields: LogFields) =>
    write(`${JSON.stringify({ time: now().toISOString(), level: as, message, ...readable(fields) })}\n`)
  const at =
    (candidate: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (enabled(candidate)) line(candidate, message, fields)
    }
  const wanted = access === 'on' || (access === 'auto' && enabled('info'))
  const ofRequest = (fields: LogFields) => line('info', 'request', fields)
  return {
    enabled,
    access: wanted ? ofRequest : undefined,
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  }
}

function readable(fields: LogFields): LogFields {
  return 'error' in fields ? { ...fields, error: describeError(fields.error) } : fields
}

/** The message of an error with those of its causes, and where it came from. */
export function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) }
  const { cause } = error
  return {
    message: error.message,
    ...('code' in error ? { code: String(error.code) } : {}),
    stack: error.stack
      ?.split('\n')
      .slice(1, 6)
      .map((line) => line.trim()),
    ...(cause === undefined ? {} : { cause: describeError(cause) }),
  }
}
