import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Owner, ScriptProfile } from './load.ts'
import { Tally } from './shares.ts'

const SOURCE = `${pathToFileURL(join(import.meta.dir, '../../src')).href}/`
const LIBRARIES = '/node_modules/'
const FUNCTIONS = 6

/** What `Profiler.stop` answers: nodes of a tree of calls, and the innermost of each sample. */
export interface CpuProfileFile {
  readonly nodes: readonly CallNode[]
  readonly samples: readonly number[]
}

interface CallNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string }
  readonly children?: readonly number[]
}

/** Adds up who has the time in which JavaScript is on the stack. */
export function sumScript({ nodes, samples }: CpuProfileFile): ScriptProfile {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const callers = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node] as const)))
  const owners = new Tally<Owner>()
  const functions = new Tally()
  for (const id of samples) {
    const node = byId.get(id)
    if (node === undefined || node.callFrame.functionName === '(root)') continue
    owners.add(ownerOf(node))
    functions.add(nameOf(node, callers))
  }
  const share = (owner: Owner) => owners.share(owner)
  return {
    samples: owners.total,
    owners: {
      ...{ ours: share('ours'), libraries: share('libraries') },
      ...{ builtins: share('builtins'), collector: share('collector') },
    },
    functions: functions.most(FUNCTIONS),
  }
}

function ownerOf({ callFrame: { functionName, url } }: CallNode): Owner {
  if (url.startsWith(SOURCE)) return 'ours'
  if (url.includes(LIBRARIES)) return 'libraries'
  return functionName === 'gc' ? 'collector' : 'builtins'
}

/** `respond (http/pipeline.ts)`; of what is not ours also who of ours wanted it: `Response < respond (http/pipeline.ts)`. */
function nameOf(node: CallNode, callers: ReadonlyMap<number, CallNode>): string {
  if (ownerOf(node) === 'ours') return written(node)
  let caller = callers.get(node.id)
  while (caller !== undefined && ownerOf(caller) !== 'ours') caller = callers.get(caller.id)
  return caller === undefined ? written(node) : `${written(node)} < ${written(caller)}`
}

function written(node: CallNode): string {
  const { functionName, url } = node.callFrame
  const name = functionName === '' ? '(anonymous)' : functionName
  const owner = ownerOf(node)
  if (owner === 'ours') return `${name} (${url.slice(SOURCE.length)})`
  if (owner !== 'libraries') return name
  const [library] = url.slice(url.lastIndexOf(LIBRARIES) + LIBRARIES.length).split('/')
  return `${name} (${library})`
}
