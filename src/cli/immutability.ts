import type { Command } from 'commander'

export function addImmutabilityCommands(_program: Command): void {
  // filled by the feature
}
