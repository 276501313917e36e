import type { Command } from 'commander'

export function addScrubCommands(_program: Command): void {
  // filled by the feature
}
