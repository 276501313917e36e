import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { describe, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A real S3 server, Ceph's RADOS Gateway, with everything in memory. */
export interface Gateway {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** For `accessKeyFile`. */
  readonly keyFile: string
  /** Makes a bucket that nobody else uses, and returns its name. */
  makeBucket(): Promise<string>
}

const PROGRAMS = ['radosgw', 'radosgw-admin', 'ceph', 'ceph-mon', 'ceph-osd', 'monmaptool', 'ceph-authtool']
const SCRIPT = new URL('../../scripts/ci/start-rgw.sh', import.meta.url).pathname
const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`

/**
 * Tests that need the gateway. Where Ceph is not installed they are skipped, with what is missing; in CI (`CI=true`)
 * that is a failure.
 */
export function describeWithGateway(title: string, tests: () => void): void {
  const missing = PROGRAMS.filter((name) => Bun.which(name, { PATH }) === null)
  if (missing.length === 0) {
    describe(title, tests)
    return
  }
  const reason = `${title}: ${missing.join(', ')} not installed (Debian: radosgw ceph-mon ceph-osd ceph-common)`
  test.skipIf(process.env.CI !== 'true')(reason, () => {
    throw new Error(reason)
  })
}

let shared: Promise<Gateway> | undefined

/**
 * The one gateway of this test process; it starts within some fifteen seconds, and ends with the process.
 * `BERTH_TEST_RGW=http://…` uses one that runs already.
 */
export function gateway(): Promise<Gateway> {
  shared ??= Promise.resolve(process.env.BERTH_TEST_RGW ?? startGateway()).then(gatewayAt)
  return shared
}

/** Returns its address. */
async function startGateway(): Promise<string> {
  const folder = join(tmpdir(), `berth-rgw-${process.pid}-${crypto.randomUUID()}`)
  const port = freePorts()
  // The script ends, and removes everything, when its input does: also when this process is killed.
  const child = Bun.spawn(['bash', SCRIPT, folder, String(port)], {
    ...{ stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' },
    env: { ...process.env, PATH },
  })
  child.unref()
  return firstLine(child.stdout)
}

async function gatewayAt(endpoint: string): Promise<Gateway> {
  const credentials = { accessKeyId: 'testkey', secretAccessKey: 'testsecret' }
  // The same for every run, and worth nothing: a file of its own for each would be left behind.
  const keyFile = join(tmpdir(), 'berth-rgw-key')
  await writeFile(keyFile, 'testkey:testsecret\n')
  const client = new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true })
  return {
    endpoint,
    ...credentials,
    keyFile,
    makeBucket: async () => {
      const name = `berth-${crypto.randomUUID()}`
      await client.send(new CreateBucketCommand({ Bucket: name }))
      return name
    },
  }
}

/** Three ports in a row, below those that the system gives away by itself. */
function freePorts(): number {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    try {
      for (const each of [port, port + 1, port + 2])
        Bun.listen({ hostname: '127.0.0.1', port: each, socket: { data: () => undefined } }).stop(true)
      return port
    } catch {
      // Somebody has one of them.
    }
  }
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = ''
  for await (const chunk of stream) {
    text += new TextDecoder().decode(chunk)
    const found = /^ready (\S+)\n/.exec(text)?.[1]
    if (found !== undefined) return found
  }
  throw new Error(`the gateway did not start: ${text}`)
}

export interface Place {
  /** Instead of the gateway's own address: a proxy in front of it. */
  readonly through?: string
  readonly bucket?: string
  /** More parameters of the address. */
  readonly parameters?: Readonly<Record<string, string>>
}

/** The address of a store, for `--storage`; in a bucket of its own unless one is named. */
export async function storageAddress({ through, bucket, parameters }: Place = {}): Promise<string> {
  const { endpoint, keyFile, makeBucket } = await gateway()
  const query = new URLSearchParams({ endpoint: through ?? endpoint, accessKeyFile: keyFile, ...parameters })
  return `s3://${bucket ?? (await makeBucket())}/some/prefix?${query}`
}

/** Counts what a store asks of S3: `onRequest` goes to the store, `take` tells what came since the last time. */
export function countRequests() {
  let counts: Record<string, number> = {}
  return {
    onRequest: (operation: string) => {
      counts[operation] = (counts[operation] ?? 0) + 1
    },
    take: () => {
      const taken = counts
      counts = {}
      return taken
    },
  }
}
