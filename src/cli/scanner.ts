import type { Command } from 'commander'

export function addScannerCommands(_program: Command): void {}
