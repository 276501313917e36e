import type { Command } from 'commander'

export function addQuotaCommands(_program: Command): void {
  // filled by the feature
}
