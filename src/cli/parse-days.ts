import { InvalidArgumentError } from 'commander'

export function parseDays(text: string): number {
  const days = Number(text)
  if (Number.isInteger(days) && days > 0 && days <= 3650) return days
  throw new InvalidArgumentError('a number of days, 1 to 3650')
}
