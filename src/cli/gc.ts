import type { Command } from 'commander'

export function addGcCommands(_program: Command): void {
  // filled by the feature
}
