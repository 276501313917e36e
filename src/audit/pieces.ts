/** Rows of one statement: more take longer to be compiled than they save. */
const PIECE = 50

export function* inPieces<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < rows.length; start += PIECE) yield rows.slice(start, start + PIECE)
}
