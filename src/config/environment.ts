/** The only place that reads the environment; everything else is handed what it needs. */
export const environment: Readonly<Record<string, string | undefined>> = process.env

/** Secrets that a file of another registry held, for the libraries that look for them here; what is set already stays. */
export function provide(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) process.env[name] ??= value
}
