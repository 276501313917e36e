import type { Command } from 'commander'

export function addPackageCommands(_program: Command): void {}
