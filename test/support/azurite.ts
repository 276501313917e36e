import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BlobServiceClient } from '@azure/storage-blob'

/** Microsoft's own emulator: `npm install azurite@3.35.0 --prefix <this folder>`; too large for package.json. */
const FOLDER = process.env.BERTH_TEST_AZURITE ?? join(tmpdir(), 'berth-azurite')
const PROGRAM = join(FOLDER, 'node_modules/azurite/dist/src/blob/main.js')
export const hasAzurite = existsSync(PROGRAM)

/** Of every Azurite, and public: learn.microsoft.com/azure/storage/common/storage-use-azurite */
export const AZURITE_ACCOUNT = 'devstoreaccount1'
export const AZURITE_KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

export interface Azurite {
  readonly endpoint: string
  readonly service: BlobServiceClient
  /** An empty container of its own; what `--storage` says to use it. */
  makeContainer(
    endpoint?: string,
  ): Promise<{ readonly address: string; readonly name: string; remove(): Promise<void> }>
  /** The same server through a connection that can be cut. */
  openProxy(): Promise<CuttableProxy>
  close(): Promise<void>
}

export interface CuttableProxy {
  readonly endpoint: string
  readonly openConnections: number
  readonly requests: number
  readonly bytesFromServer: number
  /** Ends all connections after that many more bytes to the server, and refuses new ones until `mend`. */
  cutAfter(bytesToServer: number): void
  /** The same for bytes from the server; new connections are accepted. */
  cutOnceAfter(bytesFromServer: number): void
  mend(): void
  close(): Promise<void>
}

export async function startAzurite(): Promise<Azurite> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-azurite-data-'))
  const port = await freePort()
  const child = spawn(
    'node',
    [
      ...[PROGRAM, '--blobHost', '127.0.0.1', '--blobPort', String(port)],
      ...['--inMemoryPersistence', '--skipApiVersionCheck', '--disableTelemetry', '--silent'],
    ],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  await untilListening(child)
  const endpoint = `http://127.0.0.1:${port}/${AZURITE_ACCOUNT}`
  const service = BlobServiceClient.fromConnectionString(
    `DefaultEndpointsProtocol=http;AccountName=${AZURITE_ACCOUNT};AccountKey=${AZURITE_KEY};BlobEndpoint=${endpoint};`,
  )
  let containers = 0
  return {
    endpoint,
    service,
    makeContainer: async (through = endpoint) => {
      const name = `test-${++containers}`
      await service.createContainer(name)
      const address = `azure://${name}/some/prefix?account=${AZURITE_ACCOUNT}&endpoint=${encodeURIComponent(through)}`
      return { name, address, remove: async () => void (await service.deleteContainer(name)) }
    },
    openProxy: () => openProxy(port),
    close: async () => {
      child.kill('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Its words are read on after that: a pipe that nobody empties would stop it. */
function untilListening(child: ChildProcess): Promise<void> {
  let said = ''
  return new Promise((resolve, reject) => {
    const hear = (chunk: unknown) => {
      said = (said + String(chunk)).slice(-4000)
      if (said.includes('successfully listens')) resolve()
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.once('exit', () => reject(new Error(`Azurite ended: ${said}`)))
  })
}

async function openProxy(target: number): Promise<CuttableProxy> {
  const sockets = new Set<Socket>()
  let requests = 0
  let received = 0
  let toServer = Number.POSITIVE_INFINITY
  let fromServer = Number.POSITIVE_INFINITY
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  const server = createServer((client) => {
    if (toServer <= 0) return void client.destroy()
    const upstream = connect(target, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.on('data', (bytes) => {
      requests += bytes.toString('latin1').match(/ HTTP\/1\.1\r\n/g)?.length ?? 0
      toServer -= bytes.length
      if (toServer <= 0) return cut()
      if (!upstream.write(bytes)) client.pause()
    })
    upstream.on('drain', () => client.resume())
    upstream.on('data', (bytes) => {
      received += bytes.length
      fromServer -= bytes.length
      if (fromServer <= 0) {
        fromServer = Number.POSITIVE_INFINITY
        return cut()
      }
      if (!client.write(bytes)) upstream.pause()
    })
    client.on('drain', () => upstream.resume())
  })
  const port = await listen(server)
  return {
    endpoint: `http://127.0.0.1:${port}/${AZURITE_ACCOUNT}`,
    get openConnections() {
      return sockets.size / 2
    },
    get requests() {
      return requests
    },
    get bytesFromServer() {
      return received
    },
    cutAfter: (bytes) => {
      toServer = bytes
    },
    cutOnceAfter: (bytes) => {
      fromServer = bytes
    },
    mend: () => {
      toServer = Number.POSITIVE_INFINITY
    },
    close: async () => {
      cut()
      server.close()
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
