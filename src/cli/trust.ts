import type { Command } from 'commander'

export function addTrustCommands(_program: Command): void {}
