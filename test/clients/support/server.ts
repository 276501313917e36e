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

/** A server of ours for the whole file, which has to end well when it is told to; or the registry at `BERTH_TEST_URL`, unless it needs arguments. */
export function useServer(options: ServerOptions = {}): Server {
  const given = options.args === undefined ? process.env.BERTH_TEST_URL : undefined
  let url = given ?? ''
  let close = async () => {}
  beforeAll(async () => {
    if (given !== undefined) return
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
