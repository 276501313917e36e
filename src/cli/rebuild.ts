import type { Command } from 'commander'

export function addRebuildCommands(_program: Command): void {
  // filled by the feature
}
