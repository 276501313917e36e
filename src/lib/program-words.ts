/** How this very program was started: a script under the runtime, or a single file that is the program. */
export function programWords(): string[] {
  const script = process.argv[1] ?? ''
  return script.startsWith('/$bunfs/') ? [] : [script]
}
