import type { Executor, Transaction } from '../metadata/db.ts'

/** A sign-in that a device without a browser began (RFC 8628), until the device comes to fetch it. */
export interface DeviceCode {
  /** Of the secret that the device polls with. */
  readonly deviceHash: string
  /** What a person types: eight letters, no dash. */
  readonly userCode: string
  /** What the device's program calls itself. */
  readonly client: string
  /** Where the device is. */
  readonly address: string
  /** Who approved it; undefined: nobody yet. */
  readonly userId: string | undefined
  readonly refused: boolean
  readonly polledAt: number
  readonly expiresAt: number
}

interface Row {
  device_hash: string
  user_code: string
  client: string
  address: string
  user_id: string | null
  refused: number
  polled_at: number
  expires_at: number
}

function toDeviceCode(row: Row): DeviceCode {
  return {
    deviceHash: row.device_hash,
    userCode: row.user_code,
    client: row.client,
    address: row.address,
    userId: row.user_id ?? undefined,
    refused: row.refused !== 0,
    polledAt: row.polled_at,
    expiresAt: row.expires_at,
  }
}

export async function insertDeviceCode(tx: Transaction, code: DeviceCode): Promise<void> {
  await tx.db
    .insertInto('device_codes')
    .values({
      device_hash: code.deviceHash,
      user_code: code.userCode,
      client: code.client,
      address: code.address,
      user_id: code.userId ?? null,
      refused: code.refused ? 1 : 0,
      polled_at: code.polledAt,
      expires_at: code.expiresAt,
    })
    .execute()
}

/** Where the devices are that wait; `limit` bounds the answer. */
export async function listWaitingAddresses(executor: Executor, now: Date, limit: number): Promise<string[]> {
  const rows = await executor.db
    .selectFrom('device_codes')
    .select('address')
    .where('expires_at', '>', now.getTime())
    .limit(limit)
    .execute()
  return rows.map((row) => row.address)
}

export async function findDeviceCode(executor: Executor, deviceHash: string): Promise<DeviceCode | undefined> {
  const row = await executor.db
    .selectFrom('device_codes')
    .selectAll()
    .where('device_hash', '=', deviceHash)
    .executeTakeFirst()
  return row && toDeviceCode(row)
}

/** Only one that nobody has judged, and that is still good. */
export async function findOpenDeviceCode(
  executor: Executor,
  userCode: string,
  now: Date,
): Promise<DeviceCode | undefined> {
  const row = await executor.db
    .selectFrom('device_codes')
    .selectAll()
    .where('user_code', '=', userCode)
    .where('user_id', 'is', null)
    .where('refused', '=', 0)
    .where('expires_at', '>', now.getTime())
    .executeTakeFirst()
  return row && toDeviceCode(row)
}

export interface DeviceVerdict {
  readonly userCode: string
  /** Who approves it; undefined: it is refused. */
  readonly approvedBy: string | undefined
  readonly now: Date
}

/** Returns whether it was still to be judged: the first verdict stays. */
export async function judgeDeviceCode(tx: Transaction, { userCode, approvedBy, now }: DeviceVerdict): Promise<boolean> {
  const { numUpdatedRows } = await tx.db
    .updateTable('device_codes')
    .set(approvedBy === undefined ? { refused: 1 } : { user_id: approvedBy })
    .where('user_code', '=', userCode)
    .where('user_id', 'is', null)
    .where('refused', '=', 0)
    .where('expires_at', '>', now.getTime())
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

export async function setDevicePolled(tx: Transaction, deviceHash: string, now: Date): Promise<void> {
  await tx.db
    .updateTable('device_codes')
    .set({ polled_at: now.getTime() })
    .where('device_hash', '=', deviceHash)
    .execute()
}

/** Returns whether it was there: of two devices that fetch at once, one gets it. */
export async function deleteDeviceCode(tx: Transaction, deviceHash: string): Promise<boolean> {
  const { numDeletedRows } = await tx.db
    .deleteFrom('device_codes')
    .where('device_hash', '=', deviceHash)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

export async function deleteExpiredDeviceCodes(tx: Transaction, now: Date): Promise<void> {
  await tx.db.deleteFrom('device_codes').where('expires_at', '<=', now.getTime()).execute()
}

export async function deleteOldestDeviceCode(tx: Transaction): Promise<void> {
  await tx.db
    .deleteFrom('device_codes')
    .where('device_hash', 'in', ({ selectFrom }) =>
      selectFrom('device_codes').select('device_hash').orderBy('expires_at').limit(1),
    )
    .execute()
}
