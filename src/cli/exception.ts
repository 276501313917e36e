import type { Command } from 'commander'

export function addExceptionCommands(_program: Command): void {}
