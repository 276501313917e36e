import type { Command } from 'commander'

export function addSignCommands(_program: Command): void {}
