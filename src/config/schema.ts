import { z } from 'zod'
import { parseListenAddress } from '../lib/addresses.ts'
import { LOG_LEVELS } from '../observability/log.ts'

/** Environment variables are text, so `true` and `12` are understood as text too. */
const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')])
const count = z.union([
  z.int().nonnegative(),
  z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number),
])

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `90s`, `15m`, `24h` or `7d`, in milliseconds. */
const duration = z
  .string()
  .regex(/^\d{1,6}[smhd]$/, 'must be a number with s, m, h or d, for example "24h"')
  .transform((text) => Number(text.slice(0, -1)) * (UNITS[text.slice(-1)] ?? 0))

const listenAddress = z.string().transform((text, context) => {
  try {
    return { text, ...parseListenAddress(text) }
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) })
    return z.NEVER
  }
})

const GIB = 1024 ** 3
const MIB = 1024 ** 2

const tls = z
  .strictObject({
    cert: z.string().describe('File with the certificate chain, PEM. Read again when it changes.'),
    key: z.string().describe('File with the private key, PEM. Read again when it changes.'),
    clientCa: z
      .string()
      .optional()
      .describe('File with the authorities that sign client certificates, PEM. When set, every client must show one.'),
  })
  .describe('Serves HTTPS, with HTTP/2 for clients that offer it. Without it: plain HTTP.')

export const configSchema = z.strictObject({
  listen: listenAddress.prefault('127.0.0.1:5000').describe('HOST:PORT to listen on; port 0 takes a free one.'),
  data: z.string().min(1).default('./data').describe('Folder of the database and the blobs. Must be a local disk.'),
  externalUrl: z
    .url({ protocol: /^https?$/ })
    .transform((text) => new URL(text).origin)
    .optional()
    .describe('Address that clients use, when a proxy stands in front: sign-in challenges point there.'),
  insecureHttp: flag.default(false).describe('Allows plain HTTP on an address that other machines can reach.'),
  workers: z
    .union([z.literal('auto'), count.pipe(z.number().min(1).max(256))])
    .default(1)
    .describe('Processes that share the port; "auto" is one for each core.'),
  tls: tls.optional(),
  auth: z
    .strictObject({
      anonymous: z
        .enum(['none', 'pull', 'push'])
        .optional()
        .describe(
          'What may be done without signing in; "push" includes deleting. Not set: "push" while listening on loopback with no users and no htpasswd file, otherwise "none".',
        ),
      htpasswd: z
        .strictObject({ path: z.string().min(1).describe('File made by "htpasswd -B". Read again when it changes.') })
        .optional()
        .describe('Users from an Apache htpasswd file, besides those of "berth user".'),
    })
    .prefault({})
    .describe('Who may come in.'),
  limits: z
    .strictObject({
      blobBytes: count.default(100 * GIB).describe('Largest blob, in bytes.'),
      manifestBytes: count.default(4 * MIB).describe('Largest manifest, in bytes. Clients do not read larger ones.'),
    })
    .prefault({})
    .describe('What is refused with 413.'),
  uploads: z
    .strictObject({
      expireAfter: duration
        .prefault('24h')
        .describe('An unfinished upload that nobody touched for this long is removed.'),
    })
    .prefault({})
    .describe('Blobs on their way in.'),
  content: z
    .strictObject({
      sparse: flag
        .default(false)
        .describe(
          'Accepts manifests although some of what they name was not pushed, as copies of single platforms leave them. Such an image cannot be pulled whole.',
        ),
    })
    .prefault({})
    .describe('What a manifest may be.'),
  cache: z
    .strictObject({
      memoryBytes: count.default(64 * MIB).describe('Memory for manifests and small blobs, in bytes, in each worker.'),
    })
    .prefault({})
    .describe('What is kept in memory.'),
  log: z
    .strictObject({
      level: z
        .enum(LOG_LEVELS as [string, ...string[]])
        .default('info')
        .describe('Least important lines to print; "info" prints one for each request.'),
    })
    .prefault({})
    .describe('JSON lines on standard output.'),
  metrics: z
    .strictObject({
      public: flag
        .default(false)
        .describe('Lets anybody read /metrics. Otherwise: signed-in users, and anybody on the same machine.'),
    })
    .prefault({})
    .describe('Prometheus metrics.'),
  shutdown: z
    .strictObject({
      delay: duration
        .prefault('0s')
        .describe('After SIGTERM /readyz says no for this long before connections are refused.'),
      drain: duration.prefault('60s').describe('How long running requests may take to end after SIGTERM.'),
    })
    .prefault({})
    .describe('How the server stops.'),
})

export type Config = z.infer<typeof configSchema>
