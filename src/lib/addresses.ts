/** `HOST:PORT`; a host with colons stands in brackets. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** @throws Error with a sentence for people */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s/]*)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65_535) throw new Error(`"${text}" is not HOST:PORT, for example 127.0.0.1:5000`)
  return { host: match[1] ?? (match[2] || '0.0.0.0'), port }
}

/** Whether only this machine can reach the address, or sent from it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^(?:::ffff:)?127\.\d+\.\d+\.\d+$/.test(host)
}
