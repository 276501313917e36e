import type { Command } from 'commander'

export function addRepositoryCommands(_program: Command): void {
  // filled by the feature
}
