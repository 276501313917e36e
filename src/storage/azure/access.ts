import { readFile } from 'node:fs/promises'
import { BlobServiceClient, type StoragePipelineOptions, StorageSharedKeyCredential } from '@azure/storage-blob'
import type { AzureAddress } from './address.ts'

/** AZURE_STORAGE_KEY, AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_ACCOUNT; what else there is Azure's library reads. */
export type Environment = Readonly<Record<string, string | undefined>>

/** We retry ourselves, with jitter and within a budget. */
const PIPELINE: StoragePipelineOptions = {
  retryOptions: { maxTries: 1 },
  userAgentOptions: { userAgentPrefix: 'berth' },
}

/**
 * The account's client with the first of these proofs that is there: the key in a file, the key or the connection
 * string in the environment, whatever `DefaultAzureCredential` finds (workload identity, managed identity, …).
 *
 * @throws Error with a sentence for people when the account is not named anywhere
 */
export async function openAccount(address: AzureAddress, environment: Environment): Promise<BlobServiceClient> {
  const key = await accountKey(address, environment)
  const connection = environment.AZURE_STORAGE_CONNECTION_STRING
  if (key === undefined && connection !== undefined) return fromConnectionString(connection)
  const account = address.account ?? environment.AZURE_STORAGE_ACCOUNT
  if (account === undefined)
    throw new Error('storage: no Azure account is named; add ?account=name, or set AZURE_STORAGE_ACCOUNT')
  const url = address.endpoint?.href.replace(/\/$/, '') ?? `https://${account}.blob.core.windows.net`
  if (key !== undefined) return new BlobServiceClient(url, new StorageSharedKeyCredential(account, key), PIPELINE)
  const { DefaultAzureCredential } = await import('@azure/identity')
  return new BlobServiceClient(url, new DefaultAzureCredential(), PIPELINE)
}

async function accountKey({ accountKeyFile }: AzureAddress, environment: Environment): Promise<string | undefined> {
  if (accountKeyFile === undefined) return environment.AZURE_STORAGE_KEY
  const text = await readFile(accountKeyFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`storage: the Azure account key cannot be read from ${accountKeyFile}: ${error.code}`)
  })
  return text.trim()
}

function fromConnectionString(text: string): BlobServiceClient {
  try {
    return BlobServiceClient.fromConnectionString(text, PIPELINE)
  } catch {
    // The library's own message may quote it.
    throw new Error('storage: AZURE_STORAGE_CONNECTION_STRING is not understood')
  }
}
