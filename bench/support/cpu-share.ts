import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'

const PERIOD_MICROSECONDS = 20_000

/** Holds processes to a part of one core, as a container's limit does. */
export interface CpuShare {
  add: (pid: number) => void
  /** After its processes have ended. */
  remove: () => void
}

/** Undefined where this machine does not let us: it takes root and a cgroup file system. */
export function cpuShare(name: string, ofOneCore: number): CpuShare | undefined {
  const quota = Math.round(PERIOD_MICROSECONDS * ofOneCore)
  const isFirstVersion = existsSync('/sys/fs/cgroup/cpu/cpu.shares')
  const folder = `/sys/fs/cgroup/${isFirstVersion ? 'cpu/' : ''}berth-bench-${process.pid}-${name}`
  try {
    mkdirSync(folder, { recursive: true })
    if (isFirstVersion) {
      writeFileSync(`${folder}/cpu.cfs_period_us`, String(PERIOD_MICROSECONDS))
      writeFileSync(`${folder}/cpu.cfs_quota_us`, String(quota))
    } else writeFileSync(`${folder}/cpu.max`, `${quota} ${PERIOD_MICROSECONDS}`)
  } catch {
    return undefined
  }
  return {
    add: (pid) => writeFileSync(`${folder}/cgroup.procs`, String(pid)),
    remove: () => rmdirSync(folder),
  }
}
