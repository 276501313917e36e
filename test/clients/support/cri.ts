import { afterAll, beforeAll } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { until } from '../../e2e/support/until.ts'
import { program } from './clients.ts'
import { type Ran, run } from './command.ts'
import type { Folder } from './folder.ts'

/** As the kubelet has it, from an image pull secret. */
export interface PullAuth {
  readonly username: string
  readonly password: string
}

export interface Cri {
  /** `PullImage` of runtime.v1.ImageService; what is returned has gRPC's status and message. */
  readonly pull: (image: string, auth?: PullAuth) => Promise<{ readonly status: string; readonly message: string }>
}

const READY_MS = 30_000

/**
 * A containerd whose CRI is on, asked as a kubelet asks it. The program crictl would be the usual way, but neither
 * Debian nor every module proxy has it; one call takes no more than this.
 */
export function useCri(folder: Folder, { hostsFolder }: { readonly hostsFolder?: string } = {}): Cri {
  const socket = folder.at('cri.sock')
  const log = folder.at('cri.log')
  let child: Bun.Subprocess | undefined

  const call = (method: string, body: Uint8Array): Promise<Ran> => callGrpc(folder, socket, { method, body })

  beforeAll(async () => {
    const config = folder.at('cri.toml')
    await writeFile(
      config,
      `version = 2
root = "${folder.at('cri-root')}"
state = "${folder.at('cri-state')}"
[grpc]
  address = "${socket}"
[ttrpc]
  address = "${socket}.ttrpc"
[plugins."io.containerd.grpc.v1.cri"]
  disable_tcp_service = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
${hostsFolder === undefined ? '' : `  [plugins."io.containerd.grpc.v1.cri".registry]\n    config_path = "${hostsFolder}"\n`}`,
    )
    const output = Bun.file(log)
    const argv = ['setpriv', '--pdeathsig', 'TERM', program('containerd'), '--config', config]
    child = Bun.spawn(argv, { stdin: 'ignore', stdout: output, stderr: output })
    await until(
      'containerd answers by its CRI',
      async () => (statusOf((await call('ListImages', new Uint8Array())).all).status === '0' ? true : undefined),
      READY_MS,
    )
  }, 2 * READY_MS)
  afterAll(async () => {
    child?.kill('SIGTERM')
    await child?.exited
  }, READY_MS)

  return {
    pull: async (image, auth) => {
      const request = [
        ...field(1, field(1, text(image))),
        ...(auth === undefined ? [] : field(2, [...field(1, text(auth.username)), ...field(2, text(auth.password))])),
      ]
      return statusOf((await call('PullImage', Uint8Array.from(request))).all)
    },
  }
}

/** gRPC over HTTP/2 without TLS: a message is a byte, its length, and itself. */
async function callGrpc(
  folder: Folder,
  socket: string,
  { method, body }: { readonly method: string; readonly body: Uint8Array },
): Promise<Ran> {
  const message = folder.at(`${crypto.randomUUID()}.grpc`)
  const length = new DataView(new ArrayBuffer(5))
  length.setUint32(1, body.length)
  await writeFile(message, Buffer.concat([Buffer.from(length.buffer), body]))
  const headers = ['-H', 'content-type: application/grpc', '-H', 'te: trailers', '--data-binary', `@${message}`]
  const url = `http://localhost/runtime.v1.ImageService/${method}`
  const output = ['--silent', '--dump-header', '-', '--output', '/dev/null']
  return run([program('curl'), ...output, '--http2-prior-knowledge', '--unix-socket', socket, ...headers, url])
}

function statusOf(headers: string): { status: string; message: string } {
  const status = /^grpc-status: (\d+)/im.exec(headers)?.[1] ?? 'none'
  return { status, message: decodeURIComponent(/^grpc-message: (.*?)\r?$/im.exec(headers)?.[1] ?? headers) }
}

/** Protocol Buffers: a field with a length and that many bytes. */
function field(number: number, bytes: readonly number[]): number[] {
  return [(number << 3) | 2, ...varint(bytes.length), ...bytes]
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))]
}

function text(value: string): number[] {
  return [...new TextEncoder().encode(value)]
}
