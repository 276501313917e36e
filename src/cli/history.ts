import type { Command } from 'commander'

export function addHistoryCommands(_program: Command): void {
  // filled by the feature
}
