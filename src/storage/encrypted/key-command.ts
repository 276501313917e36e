import { spawn } from 'node:child_process'
import { buffer, text } from 'node:stream/consumers'
import type { MasterKey } from './master-key.ts'

const TIMEOUT_MS = 30_000

/**
 * A master key that a program uses for us, in a KMS: `PROGRAM wrap` or `PROGRAM unwrap`, bytes in on standard input,
 * bytes out on standard output, and 0 when that went well.
 */
export function commandKey(program: string): MasterKey {
  return {
    id: 'command',
    wrap: (secret) => run(program, 'wrap', secret),
    unwrap: (wrapped) => run(program, 'unwrap', wrapped),
  }
}

async function run(program: string, verb: 'wrap' | 'unwrap', input: Uint8Array): Promise<Uint8Array> {
  const child = spawn(program, [verb], { stdio: ['pipe', 'pipe', 'pipe'], timeout: TIMEOUT_MS })
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
  // It may end without reading.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const failed = (why: string) => new Error(`encryption: the key command "${program} ${verb}" failed: ${why}`)
  try {
    const [code, output, complaint] = await Promise.all([ended, buffer(child.stdout), text(child.stderr)])
    if (code !== 0) throw failed(complaint.trim().slice(0, 500) || `it ended with ${code}`)
    if (output.byteLength === 0) throw failed('it printed nothing')
    return output
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error
    throw failed((error as NodeJS.ErrnoException).code ?? '')
  }
}
