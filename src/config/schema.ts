import { z } from 'zod'
import { LOG_LEVELS } from '../observability/log.ts'
import { adoptSchema } from './adopt.ts'
import { encryptionSchema, secretsSchema } from './encryption.ts'
import { scanningSchema } from './scanning.ts'
import { authSchema } from './sign-in.ts'
import { tracesSchema } from './traces.ts'
import { count, duration, durationOrNever, flag, listenAddress, percent, texts } from './values.ts'

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
  database: z
    .string()
    .regex(/^postgres(?:ql)?:\/\//, 'must be postgres://USER:PASSWORD@HOST:PORT/NAME')
    .optional()
    .describe(
      'PostgreSQL, as postgres://USER:PASSWORD@HOST:PORT/NAME?sslmode=verify-full&pool=10 (connections of each process for reads, and as many for writes). Without it: SQLite in the data folder.',
    ),
  storage: z
    .string()
    .regex(/^(?:s3|azure|gs):\/\//, 'must begin with s3://, azure:// or gs://')
    .optional()
    .describe(
      'Object store for blobs, as s3://BUCKET/PREFIX?region=…&endpoint=…, azure://CONTAINER or gs://BUCKET (docs/scale.md). Without it: files in the data folder.',
    ),
  adopt: adoptSchema,
  scanning: scanningSchema,
  encryption: encryptionSchema.optional(),
  secrets: secretsSchema,
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
  trustedProxies: texts
    .default([])
    .describe(
      'Addresses or networks (CIDR) of proxies in front, whose X-Forwarded-For says who asks. Anybody else’s is ignored.',
    ),
  auth: authSchema.prefault({}).describe('Who may come in.'),
  projects: z
    .strictObject({
      create: z
        .enum(['administrators', 'own', 'everyone'])
        .default('own')
        .describe(
          'Whose push creates a project where there is none: only an administrator’s; also a person’s under the own name ("own"); everyone’s who is signed in.',
        ),
    })
    .prefault({})
    .describe('The namespaces that members and rules hang on.'),
  audit: z
    .strictObject({
      keep: duration.prefault('365d').describe('Rows older than this are removed; the chain stays verifiable.'),
      syslog: z
        .url({ protocol: /^(udp|tcp|tls)$/ })
        .optional()
        .describe('Sends every row to udp://HOST:PORT, tcp://HOST:PORT or tls://HOST:PORT (RFC 5424), at least once.'),
    })
    .prefault({})
    .describe('Who did what.'),
  rateLimit: z
    .strictObject({
      perAddress: count.default(0).describe('Requests per second from one address (IPv6: one /64); 0: no limit.'),
      perPrincipal: count.default(0).describe('Requests per second of one user or robot; 0: no limit.'),
      burst: count.default(200).describe('Requests that may come at once before these limits count.'),
    })
    .prefault({})
    .describe('What is refused with 429.'),
  redirect: z
    .strictObject({
      mode: z
        .enum(['off', 'on'])
        .default('off')
        .describe(
          '"on" answers pulls of blobs above 64 KiB with 307 and an address of the object store, signed for a short time.',
        ),
      networks: texts
        .default([])
        .describe('Only clients from these addresses or networks (CIDR) are sent there; none: all.'),
      ttl: duration.prefault('60s').describe('How long such an address works, at most 120s.'),
    })
    .refine(({ ttl }) => ttl <= 120_000, {
      path: ['ttl'],
      message: 'must be at most 120s: whoever has the address can read',
    })
    .prefault({})
    .describe('Pulls without the bytes going through here.'),
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
      perPrincipal: count.default(1000).describe('Unfinished uploads of one user or robot.'),
      perRepository: count.default(1000).describe('Unfinished uploads to one repository.'),
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
  gc: z
    .strictObject({
      every: duration
        .prefault('30s')
        .describe('How often the collector looks for what is due. It never stops anything.'),
      lease: duration
        .prefault('24h')
        .describe('A blob that was pushed, mounted or found by a pusher stays at least this long without a manifest.'),
      untagged: durationOrNever
        .prefault('30d')
        .describe(
          'A manifest without a tag, index or subject that nobody pulled for this long goes to the recycle bin; "never" keeps it. Rules of a project come before.',
        ),
      trashDelay: duration
        .prefault('1h')
        .describe('An object that nothing refers to is removed this much later, when no download can be reading it.'),
    })
    .prefault({})
    .describe('Garbage collection, which runs all the time.'),
  recycleBin: z
    .strictObject({
      keep: duration.prefault('14d').describe('How long what was deleted can be restored. "0s": gone at once.'),
    })
    .prefault({})
    .describe('What was deleted.'),
  history: z
    .strictObject({
      keep: duration.prefault('365d').describe('How long the moves of a tag are remembered.'),
    })
    .prefault({})
    .describe('What tags named before.'),
  retention: z
    .strictObject({
      every: duration.prefault('1h').describe('How often the retention rules of the projects are applied.'),
    })
    .prefault({})
    .describe('Which tags go by themselves.'),
  disk: z
    .strictObject({
      warnAt: percent.default(90).describe('Per cent of the disk in use from which a warning is logged.'),
      refuseAt: percent
        .default(95)
        .describe('Per cent in use from which uploads are refused; pulls, deletes and collection go on.'),
    })
    .prefault({})
    .describe('When the disk fills up.'),
  scrub: z
    .strictObject({
      rate: count
        .default(10 * MIB)
        .describe('Bytes a second that are read in the background to see whether they are what they were; 0: none.'),
    })
    .prefault({})
    .describe('Stored bytes are read again and compared with their digest.'),
  recovery: z
    .strictObject({
      log: flag
        .default(true)
        .describe(
          'Keeps a log of manifests and tags beside the blobs, from which "berth rebuild" makes a lost database anew.',
        ),
    })
    .prefault({})
    .describe('When the database is lost.'),
  outage: z
    .strictObject({
      serveCached: duration
        .prefault('30s')
        .describe(
          'While PostgreSQL cannot be reached, pulls of what is in memory are answered for this long, by rights as they were then; "0s": not at all.',
        ),
    })
    .prefault({})
    .describe('When the database is away.'),
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
        .describe('Least important lines to print.'),
      access: z
        .enum(['auto', 'on', 'off'])
        .default('auto')
        .describe('A line for each request: always, never, or ("auto") when the level is info or debug.'),
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
  traces: tracesSchema,
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
