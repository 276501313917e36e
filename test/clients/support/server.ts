import { afterAll, beforeAll } from 'bun:test'
import { startRegistry } from '../../support/registry.ts'

export interface Server {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  /** `127.0.0.1:PORT`, as image references want it. */
  readonly host: string
}

export interface ServerOptions {
  /** Arguments for `berth serve`; a function where they name files that are made first. */
  readonly args?: () => Promise<readonly string[]> | readonly string[]
}

/** True when a registry that somebody else started is tested: suites that set up the server leave it alone. */
export const isGiven = process.env.BERTH_TEST_URL !== undefined

/** A server of ours for the whole file, which has to end well when it is told to; or the registry at `BERTH_TEST_URL`. */
export function useServer(options: ServerOptions = {}): Server {
  let url = process.env.BERTH_TEST_URL ?? ''
  let close = async () => {}
  beforeAll(async () => {
    if (isGiven) return
    const ours = await startRegistry({ args: (await options.args?.()) ?? [] })
    url = ours.url
    close = async () => {
      const code = await ours.stop('SIGTERM')
      await ours.close()
      if (code !== 0) throw new Error(`berth ended with ${code}:\n${ours.output().slice(-10_000)}`)
    }
  }, 60_000)
  afterAll(() => close(), 60_000)
  return {
    get url() {
      return url
    },
    get host() {
      return new URL(url).host
    },
  }
}
