import type { Command } from 'commander'

export function addProtectionCommands(_program: Command): void {
  // filled by the feature
}
