import type { z } from 'zod'
import { Problem } from '../../lib/problem.ts'
import { ensureFolder } from '../../storage/filesystem.ts'
import { MAX_REPORT_BYTES, type ScanTarget } from './external-scanner.ts'
import type { RunTool, ToolResult } from './run-tool.ts'
import { parseJson, quote, secretsOf } from './said.ts'

/** What every scanner that is a command is started with. */
export interface ToolOptions {
  /** By which it is known here: findings say so. */
  readonly name: string
  /** A name in the PATH, or a path. */
  readonly program: string
  /** Of its own: its home, its cache, and where it runs. */
  readonly folder: string
  readonly timeoutMs: number
  /** Uses the data that it has. */
  readonly skipUpdate: boolean
  /** Whether our own certificate may be one that nobody knows. */
  readonly insecure: boolean
  /** Of this process: only the names in `PASSED_ON` are handed to it. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly run: RunTool
}

/** How it finds programs, proxies and certificates; passwords and keys of ours are none of its business. */
const PASSED_ON = [
  'PATH',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
]

export function baseEnvironment({ environment, folder }: ToolOptions): Record<string, string> {
  const passed = PASSED_ON.flatMap((name) => {
    const value = environment[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  const own = { HOME: folder, TMPDIR: folder, XDG_CACHE_HOME: `${folder}/cache`, XDG_CONFIG_HOME: `${folder}/config` }
  return { ...Object.fromEntries(passed), ...own }
}

/** `HOST/REPOSITORY@DIGEST`, and whether it is asked without encryption. */
export function referenceOf({ registryUrl, repository, digest }: ScanTarget) {
  const { host, protocol } = new URL(registryUrl)
  return { host, reference: `${host}/${repository}@${digest}`, isPlain: protocol === 'http:' }
}

export interface Command {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** @throws Problem; the signal's reason */
export function runCommand(options: ToolOptions, { args, env }: Command, signal: AbortSignal): Promise<ToolResult> {
  const { program, folder, timeoutMs, run } = options
  ensureFolder(folder)
  const all = { ...baseEnvironment(options), ...env }
  return run({ argv: [program, ...args], env: all, folder, timeoutMs, maxBytes: MAX_REPORT_BYTES }, signal)
}

/** @throws Problem unless it ended well; with what it said last, without what it was told */
export function requireSuccess({ program }: ToolOptions, result: ToolResult, target?: ScanTarget): Uint8Array {
  if (result.code === 0) return result.stdout
  const lines = result.stderr.trim().split('\n')
  const why = quote(lines.at(-1) ?? '', target === undefined ? [] : secretsOf(target.authorization))
  throw new Problem('conflict', `${program} failed (${result.code})${why === '' ? '' : `: ${why}`}`)
}

/** @throws Problem unless it is a report of this shape */
export function parseReport<T extends z.ZodType>(schema: T, bytes: Uint8Array, program: string): z.infer<T> {
  try {
    const parsed = schema.safeParse(parseJson(bytes))
    if (parsed.success) return parsed.data
  } catch {
    // No JSON, or none that can be read.
  }
  throw new Problem('conflict', `${program} wrote something else than a report`)
}

/** What commands scan, and what with. */
export const TOOL_CAPABILITY = {
  type: 'vulnerability' as const,
  consumes: ['application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.v2+json'],
  produces: ['application/json'],
}
