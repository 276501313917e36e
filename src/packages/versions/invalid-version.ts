/** A text that its ecosystem would not take for a version. */
export class InvalidVersion extends Error {
  constructor(what: string, version: string) {
    super(`"${shown(version)}" is not a version of ${what}`)
    this.name = 'InvalidVersion'
  }
}

function shown(version: string): string {
  return version.length > 80 ? `${version.slice(0, 80)}…` : version
}
