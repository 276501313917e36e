/** A text, with each place marked where a word of what was looked for is. */
export function Marked({ text, words }: { readonly text: string; readonly words: string }) {
  return piecesOf(text, words).map(({ from, piece, isFound }) =>
    isFound ? (
      <mark key={from} className="rounded-sm bg-tint font-semibold text-ink underline decoration-accent">
        {piece}
      </mark>
    ) : (
      <span key={from}>{piece}</span>
    ),
  )
}

interface Piece {
  readonly from: number
  readonly piece: string
  readonly isFound: boolean
}

function piecesOf(text: string, words: string): readonly Piece[] {
  const wanted = words.split(/\s+/).filter((word) => word !== '')
  if (wanted.length === 0) return [{ from: 0, piece: text, isFound: false }]
  const any = new RegExp(`(${wanted.map(literally).join('|')})`, 'gi')
  let from = 0
  // What is split at is between the others.
  return text.split(any).map((piece, index) => {
    const found = { from: from + index, piece, isFound: index % 2 === 1 }
    from += piece.length
    return found
  })
}

function literally(word: string): string {
  return word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
