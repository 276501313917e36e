import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { cpuSeconds } from './cpu.ts'
import { pinned, SYSTEM_PATH } from './tools.ts'

const SCRIPT = join(import.meta.dir, '../../scripts/ci/start-rgw.sh')
export const REGION = 'us-east-1'
export const S3_ENVIRONMENT = { AWS_ACCESS_KEY_ID: 'testkey', AWS_SECRET_ACCESS_KEY: 'testsecret' }

/** One request as the S3 server served it. */
export interface S3Request {
  readonly method: string
  /** Bucket, key and query, still encoded. */
  readonly target: string
  readonly status: number
}

/** A real S3 server (Ceph RADOS Gateway, everything in memory) that says what it was asked. */
export interface S3Server {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string
  readonly client: S3Client
  makeBucket: (name: string) => Promise<string>
  /** User and system seconds of the gateway and what is behind it. */
  cpuSeconds: () => number
  /** What it is asked from now on: call the answer to know it. */
  watch: () => () => Promise<S3Request[]>
  close: () => Promise<void>
}

/** Beside the load, so that the registry under measurement has its CPU to itself. */
export async function startS3Server(dir: string, port: number): Promise<S3Server> {
  const command = pinned('load', ['bash', SCRIPT, dir, String(port)])
  const child = Bun.spawn(command, {
    ...{ stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' },
    env: { ...process.env, PATH: SYSTEM_PATH },
  })
  const endpoint = await announced(child.stdout)
  const credentials = {
    accessKeyId: S3_ENVIRONMENT.AWS_ACCESS_KEY_ID,
    secretAccessKey: S3_ENVIRONMENT.AWS_SECRET_ACCESS_KEY,
  }
  const client = new S3Client({ endpoint, credentials, region: REGION, forcePathStyle: true })
  return {
    ...{ endpoint, client, watch: () => watchLog(join(dir, 'log/client.rgw.log')) },
    cpuSeconds: () => cpuSeconds(child.pid),
    makeBucket: async (name) => {
      await client.send(new CreateBucketCommand({ Bucket: name }))
      return name
    },
    close: async () => {
      client.destroy()
      await child.stdin.end()
      await child.exited
    },
  }
}

async function announced(output: ReadableStream<Uint8Array>): Promise<string> {
  let text = ''
  for await (const chunk of output) {
    text += new TextDecoder().decode(chunk)
    const endpoint = /^ready (\S+)\n/.exec(text)?.[1]
    if (endpoint !== undefined) return endpoint
  }
  throw new Error(`the S3 server did not start: ${text}`)
}

/** The gateway's own log of what it answered: nothing in between that could count differently. */
function watchLog(path: string): () => Promise<S3Request[]> {
  const start = statSync(path).size
  return async () => {
    // It is written by a thread of its own.
    await Bun.sleep(1500)
    return parseAccessLog(textFrom(path, start))
  }
}

function textFrom(path: string, start: number): string {
  const bytes = Buffer.alloc(statSync(path).size - start)
  const file = openSync(path, 'r')
  try {
    readSync(file, bytes, 0, bytes.length, start)
  } finally {
    closeSync(file)
  }
  return bytes.toString('latin1')
}

/** `… beast: 0x7f: 127.0.0.1 - test [21/Nov/2026:17:00:00.000 +0000] "PUT /bucket/key?query HTTP/1.1" 200 …` */
export function parseAccessLog(text: string): S3Request[] {
  const lines = text.matchAll(/ beast: \S+ .*?\] "([A-Z]+) (\S+) HTTP\/1\.[01]" (\d{3}) /g)
  return Array.from(lines, ([, method = '', target = '', status]) => ({ method, target, status: Number(status) }))
}
