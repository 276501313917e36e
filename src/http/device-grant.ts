import type { DeviceCodes } from '../auth/device-codes.ts'
import type { Grant } from './token-routes.ts'

/** RFC 8628 §3.4: for the token endpoint. */
export function deviceGrant(devices: DeviceCodes): Grant {
  return (form, call) =>
    devices.redeem(form.get('device_code') ?? '', form.get('client_id') ?? '', call.signInContext('token').address)
}
