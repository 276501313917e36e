import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What is made once and used by every file of this suite, and by the next run on the same machine. */
export const CACHE = join(tmpdir(), 'berth-clients')

/** Where the clients that come as Go modules are built. */
export const GO_BIN = join(CACHE, 'bin')
