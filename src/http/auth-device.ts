import { DEVICE_LIFETIME_MS, type Judge, POLL_INTERVAL_MS } from '../auth/device-codes.ts'
import type { DeviceCode } from '../auth/device-code-store.ts'
import { revokeRefreshToken } from '../auth/revoke.ts'
import { formatUserCode } from '../auth/user-code.ts'
import { OciError } from '../oci/errors.ts'
import { waitFor } from './auth-sign-in.ts'
import { confirmView, enterCodeView, messageView } from './auth-views.ts'
import type { SessionVisit, Visit } from './auth-visit.ts'
import { orOAuthRefusal } from './oauth-error.ts'
import { page } from './page.ts'
import { json, type Reply } from './reply.ts'

const TITLE = 'Sign in on another device'

/** RFC 8628 §3.1 and §3.2. */
export async function postDeviceCode({ parts, call, form }: Visit): Promise<Reply> {
  const begin = async () => {
    const { address } = call.signInContext('token')
    const { deviceCode, userCode } = await parts.devices.begin(form.get('client_id') ?? '', address)
    const shown = formatUserCode(userCode)
    const answer = {
      device_code: deviceCode,
      user_code: shown,
      verification_uri: `${call.origin}/auth/device`,
      verification_uri_complete: `${call.origin}/auth/device?user_code=${shown}`,
      expires_in: DEVICE_LIFETIME_MS / 1000,
      interval: POLL_INTERVAL_MS / 1000,
    }
    return json(answer, { 'cache-control': 'no-store' })
  }
  return orOAuthRefusal(begin())
}

/** RFC 7009. */
export async function postRevoke({ parts, call, form }: Visit): Promise<Reply> {
  await revokeRefreshToken(parts, form.get('token') ?? '', call.signInContext('token').address)
  return json({}, { 'cache-control': 'no-store' })
}

/** RFC 8628 §3.3 and §3.3.1: a code in the address still has to be confirmed. */
export async function showDevice(visit: SessionVisit): Promise<Reply> {
  const typed = visit.call.query.get('user_code')
  if (typed === null || typed === '') return page({ title: TITLE, body: enterCodeView() })
  return unlessThrottled(async () => {
    const code = await visit.parts.devices.look(typed, judgeOf(visit))
    if (code === undefined) return unknownCode()
    return page({ title: 'Approve a sign-in?', body: confirmView(code, visit.session) })
  })
}

export async function postDevice(visit: SessionVisit): Promise<Reply> {
  const decision = visit.form.get('decision')
  if (decision !== 'approve' && decision !== 'refuse')
    return page({ status: 400, title: TITLE, body: enterCodeView('Choose whether to approve.') })
  return unlessThrottled(async () => {
    const approved = decision === 'approve'
    const typed = visit.form.get('user_code') ?? ''
    const code = await visit.parts.devices.judge(typed, approved, judgeOf(visit))
    return code === undefined ? unknownCode() : judged(code, approved)
  })
}

function judged({ client }: DeviceCode, approved: boolean): Reply {
  return approved
    ? page({ title: 'Approved', body: messageView(`${client} is signed in now. You may close this page.`) })
    : page({ title: 'Refused', body: messageView(`${client} was not signed in. You may close this page.`) })
}

function unknownCode(): Reply {
  const body = enterCodeView('There is no such code: it was mistyped, is older than ten minutes, or was used.')
  return page({ status: 400, title: TITLE, body })
}

async function unlessThrottled(answer: () => Promise<Reply>): Promise<Reply> {
  try {
    return await answer()
  } catch (error) {
    if (!(error instanceof OciError) || error.code !== 'TOOMANYREQUESTS') throw error
    const body = enterCodeView(waitFor(error, 'There were many wrong codes.'))
    return page({ status: 429, title: TITLE, body, headers: error.headers })
  }
}

function judgeOf({ call, session }: SessionVisit): Judge {
  const { address, network } = call.signInContext('browser')
  return { principal: session.principal, address, network }
}
