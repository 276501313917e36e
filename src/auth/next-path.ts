const MAX_LENGTH = 1024
/**
 * One slash, then what a browser itself puts into an address. Not a backslash, which browsers read as a slash, nor
 * control characters, which URL parsers drop, so that `/\t/evil` would become `//evil`; nor what no header can hold.
 */
const LOCAL_PATH = /^\/(?!\/)[!-[\]-~]*$/

/** Where a browser goes after signing in: a path of ours, whatever a link says that somebody was made to click. */
export function parseNextPath(text: string): string {
  return text.length <= MAX_LENGTH && LOCAL_PATH.test(text) ? text : '/'
}
