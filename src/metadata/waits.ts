/** How long writers waited for their turn: plain numbers, which somebody reads now and then. */
export class Waits {
  /** Writers that wait right now. */
  waiting = 0
  /** Those that had their turn. */
  turns = 0
  seconds = 0

  begin(): number {
    this.waiting++
    return performance.now()
  }

  end(since: number): void {
    this.waiting--
    this.turns++
    this.seconds += (performance.now() - since) / 1000
  }
}
