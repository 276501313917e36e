import type { Command } from 'commander'

export function addVulndbCommands(_program: Command): void {}
