import { formatDuration } from '../values.ts'

const UNITS: Readonly<Record<string, number>> = {
  ...{ ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 },
}

/** `168h`, `2h10m`, `1.5h`, or nanoseconds without a unit (pkg.go.dev/time#ParseDuration), as our files have it. */
export function fromGoDuration(text: string): string | undefined {
  const ms = /^\d+$/.test(text) ? Number(text) * 1e-6 : sumOf(text)
  if (ms === undefined || ms > 365 * 86_400_000 * 10) return undefined
  // Ours are whole seconds.
  return formatDuration(Math.ceil(ms / 1000) * 1000)
}

function sumOf(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined
  let ms = 0
  for (const [, count, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g))
    ms += Number(count) * (UNITS[unit] ?? 0)
  return ms
}
