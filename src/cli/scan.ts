import type { Command } from 'commander'

export function addScanCommands(_program: Command): void {}
