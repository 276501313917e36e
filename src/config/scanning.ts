import { z } from 'zod'
import { count, duration, durationOrNever, flag, texts } from './values.ts'

const MIB = 1024 ** 2
const GIB = 1024 ** 3

const limits = z
  .strictObject({
    bytes: count.default(16 * GIB).describe('Bytes of a layer after unpacking.'),
    entries: count.default(1_000_000).describe('Files of a layer.'),
    ratio: count.default(200).describe('How many times larger a layer may be unpacked than packed.'),
    depth: count.default(4).describe('Archives in archives that are looked into.'),
    time: duration.prefault('10m').describe('For one layer.'),
    memory: count
      .pipe(z.number().min(256 * MIB))
      .default(1024 * MIB)
      .describe('Bytes of memory of the process that reads a layer; it needs about 130 MiB for itself.'),
    fileBytes: count.default(256 * MIB).describe('Bytes of one file that is looked into.'),
  })
  .prefault({})
  .describe('What reading one layer may cost. Beyond it reading stops, and the report says so.')

const vulnerabilities = z
  .strictObject({
    update: durationOrNever
      .prefault('24h')
      .describe('How often vulnerability data is brought up to date, once an image needs it; "never": by hand only.'),
    source: z
      .url({ protocol: /^https?$/ })
      .default('https://storage.googleapis.com/osv-vulnerabilities')
      .describe('Where it comes from: exports of OSV, one folder for each ecosystem. A mirror of your own works too.'),
    allowPrivate: flag
      .default(false)
      .describe('Whether the source may be at an address of a private network, or of this machine.'),
    ecosystems: texts
      .default([])
      .describe(
        'Ecosystems whose data is wanted in any case, as OSV calls them (Debian, npm, Go); others as images need them.',
      ),
  })
  .prefault({})
  .describe('Vulnerability data.')

export const scanningSchema = z
  .strictObject({
    enabled: flag.default(true).describe('Looks into every image that is pushed, in a process of its own.'),
    parallel: count.pipe(z.number().min(1).max(16)).default(1).describe('Layers that are read at a time.'),
    limits,
    vulnerabilities,
    adapter: flag
      .default(false)
      .describe('Offers the scanner to other registries at /scanner/, by the API of Harbor’s pluggable scanners.'),
    adapterAccounts: texts
      .default([])
      .describe('Users and robots that other registries sign in as to use it, besides administrators.'),
    adapterAllowPrivate: flag
      .default(false)
      .describe(
        'Whether those registries may be at addresses of a private network, or of this machine, and be asked without encryption.',
      ),
  })
  .prefault({})
  .describe('What is inside of images, and which vulnerabilities that has.')
