import type { Command } from 'commander'

export function addSbomCommands(_program: Command): void {}
