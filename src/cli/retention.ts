import type { Command } from 'commander'

export function addRetentionCommands(_program: Command): void {
  // filled by the feature
}
