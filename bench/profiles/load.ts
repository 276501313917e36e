/** What one load showed of Berth; each part is of a run of its own, as one instrument disturbs the other. */
export interface LoadProfile {
  readonly what: string
  readonly cpu?: CpuProfile
  readonly script?: ScriptProfile
  readonly calls?: CallProfile
  readonly memory?: MemoryProfile
}

export interface CpuProfile {
  readonly operations: number
  /** Of an operation, in microseconds. */
  readonly user: number
  readonly system: number
  readonly stacks: StackProfile
}

/** Of all CPU time, by what perf saw. */
export interface StackProfile {
  readonly samples: number
  /** 0 to 1 each. */
  readonly places: Readonly<Record<Place, number>>
  /** Within a system call of this name, or in getting memory. */
  readonly calls: readonly Share[]
}

/** `compiled` is JavaScript that was compiled; while it is young, `bun` interprets it. */
export type Place = 'kernel' | 'bun' | 'compiled' | 'helpers'

/** Of the time in which JavaScript is on the stack, by what JavaScriptCore's profiler saw. */
export interface ScriptProfile {
  readonly samples: number
  readonly owners: Readonly<Record<Owner, number>>
  /** By their own time. */
  readonly functions: readonly Share[]
}

/** `builtins` are functions of Bun and of the language. */
export type Owner = 'ours' | 'libraries' | 'builtins' | 'collector'

export interface Share {
  readonly name: string
  readonly share: number
}

export interface CallProfile {
  /** Of an operation, all together. */
  readonly count: number
  readonly most: readonly { readonly name: string; readonly count: number }[]
}

export interface MemoryProfile {
  /** Of an operation, in bytes, while nothing is collected. */
  readonly allocated: number
}
