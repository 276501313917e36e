/** The only place that reads the environment; everything else is handed what it needs. */
export const environment: Readonly<Record<string, string | undefined>> = process.env
