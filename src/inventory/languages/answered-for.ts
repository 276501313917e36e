/** Where distributions install; nobody else should. */
const OF_DISTRIBUTIONS = /^(?:s?bin|lib(?:32|64|x32)?|etc|var|boot|usr\/(?!local\/)[^/]+)\//
const OF_PACKAGES = /(?:^|\/)(?:node_modules|(?:site|dist)-packages|gems)\//
const LIBRARY = /\.(?:node|dll|dylib|so(?:\.[\w.]*)?|ko)$/

/** Whether code at this place is of some package that is known otherwise: a distribution's, or a library's own. */
export function isAnsweredFor(path: string): boolean {
  return OF_DISTRIBUTIONS.test(path) || OF_PACKAGES.test(path) || LIBRARY.test(path)
}

/** Whether a distribution's package database has to answer for code at this place, and nobody else does. */
export function isOfDistributions(path: string): boolean {
  return OF_DISTRIBUTIONS.test(path) && !OF_PACKAGES.test(path)
}

const SHARED_LIBRARY = /\.so(?:\.[\w.-]*)?$/

/** A native library, by its name, that is no part of a package of some language. */
export function isSharedLibrary(path: string): boolean {
  return path.includes('.so') && SHARED_LIBRARY.test(path) && !OF_PACKAGES.test(path)
}
