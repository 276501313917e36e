/** Something answered, and it is not this API. Says how that can be seen, and nothing of what it said. */
export class StrangeAnswer extends Error {
  constructor(how: string) {
    super(how)
    this.name = 'StrangeAnswer'
  }
}

export interface Page {
  readonly items: readonly unknown[]
  readonly next?: string | number
}

/** @throws StrangeAnswer */
export function objectOf(bytes: Uint8Array, contentType: string | null): object {
  if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(contentType ?? '')) throw new StrangeAnswer('no JSON came')
  const value = parsed(bytes)
  if (!isObject(value)) throw new StrangeAnswer('its JSON is no object')
  if ('items' in value && Array.isArray(value.items) && !value.items.every(isObject))
    throw new StrangeAnswer('its list has items that are no objects')
  return value
}

/** @throws StrangeAnswer */
export function pageOf(answer: unknown): Page {
  if (!isObject(answer) || !('items' in answer) || !Array.isArray(answer.items)) throw new StrangeAnswer('no list came')
  const { next } = answer as { readonly next?: unknown }
  if (next === undefined || typeof next === 'string' || typeof next === 'number') return answer as Page
  throw new StrangeAnswer('its list has no next page that could be asked for')
}

/** Some lists have another name than `items`. @throws StrangeAnswer */
export function requireList(answer: unknown): void {
  const lists = isObject(answer) ? ('items' in answer ? [answer.items] : Object.values(answer)) : []
  if (!lists.some((list) => Array.isArray(list))) throw new StrangeAnswer('no list came')
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    throw new StrangeAnswer('its JSON cannot be read')
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
