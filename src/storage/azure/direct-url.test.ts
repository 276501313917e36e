import { expect, it } from 'bun:test'
import { BlobServiceClient } from '@azure/storage-blob'
import { urlSigner } from './direct-url.ts'

/** Azure's identities cannot be had here: this stands in for the one request that asks for a user delegation key. */
function accountOf(requests: string[], validMs = 3_600_000): BlobServiceClient {
  const credential = { getToken: async () => ({ token: 'token', expiresOnTimestamp: Date.now() + validMs }) }
  return new BlobServiceClient('https://acme.blob.core.windows.net', credential, {
    retryOptions: { maxTries: 1 },
    httpClient: {
      sendRequest: async (request) => {
        requests.push(`${request.method} ${request.url} ${request.headers.get('authorization')}`)
        const [start, end] = [new Date().toISOString(), new Date(Date.now() + validMs).toISOString()]
        const bodyAsText = `<?xml version="1.0"?><UserDelegationKey><SignedOid>who</SignedOid><SignedTid>tenant</SignedTid>
<SignedStart>${start}</SignedStart><SignedExpiry>${end}</SignedExpiry><SignedService>b</SignedService>
<SignedVersion>2020-02-10</SignedVersion><Value>${btoa('key')}</Value></UserDelegationKey>`
        const { headers } = request
        return { request, status: 200, headers, bodyAsText }
      },
    },
  })
}

it('an identity without a key signs with one that it asks for once an hour, over https only', async () => {
  const requests: string[] = []
  const sign = urlSigner(accountOf(requests), 'images')
  const [first, second] = await Promise.all([sign('blobs/o/01/a', 60_000), sign('blobs/o/01/b', 60_000)])
  expect(requests).toEqual([expect.stringMatching(/^POST https:.*comp=userdelegationkey.* Bearer token$/)])
  expect(first?.pathname).toBe('/images/blobs/o/01/a')
  expect(first?.searchParams.get('skoid')).toBe('who')
  expect(first?.searchParams.get('spr')).toBe('https')
  expect(first?.searchParams.get('sp')).toBe('r')
  expect(first?.searchParams.get('sig')).not.toBe(second?.searchParams.get('sig') ?? null)
})

it('whoever can neither sign nor ask for a key gives no URL', async () => {
  const sign = urlSigner(new BlobServiceClient('https://acme.blob.core.windows.net'), 'images')
  expect(await sign('blobs/o/01/a', 60_000)).toBeUndefined()
})
