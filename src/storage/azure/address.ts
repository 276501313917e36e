/** `azure://container/prefix?account=…&endpoint=…&accountKeyFile=…` */
export interface AzureAddress {
  readonly container: string
  /** Empty, or ends with a slash. */
  readonly prefix: string
  readonly account: string | undefined
  /** Of the blob service, with the account where that stands in the path (Azurite); undefined: Azure's own. */
  readonly endpoint: URL | undefined
  readonly accountKeyFile: string | undefined
}

/** learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata */
const CONTAINER = /^[a-z0-9](?!.*--)[a-z0-9-]{1,61}[a-z0-9]$/
const PARAMETERS = new Set(['account', 'endpoint', 'accountKeyFile'])

/** @throws Error with a sentence for people */
export function parseAzureAddress(text: string): AzureAddress {
  const match = /^azure:\/\/([^/?#]+)(\/[^?#]*)?(?:\?([^#]*))?$/.exec(text)
  const container = match?.[1] ?? ''
  if (!CONTAINER.test(container))
    throw new Error(`storage: "${text}" names no container; write azure://container/prefix?account=name`)
  const parameters = new URLSearchParams(match?.[3])
  for (const name of parameters.keys())
    if (!PARAMETERS.has(name))
      throw new Error(`storage: "${name}" is no parameter of azure://; there are ${[...PARAMETERS].join(', ')}`)
  const path = decodeURIComponent(match?.[2] ?? '').replace(/^\/+|\/+$/g, '')
  return {
    container,
    prefix: path === '' ? '' : `${path}/`,
    account: parameters.get('account') ?? undefined,
    endpoint: parseEndpoint(parameters.get('endpoint')),
    accountKeyFile: parameters.get('accountKeyFile') ?? undefined,
  }
}

function parseEndpoint(text: string | null): URL | undefined {
  if (text === null) return undefined
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '')
    throw new Error('storage: the endpoint of azure:// must be an http or https address without a user or a query')
  return url
}
