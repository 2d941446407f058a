/** What we sign, the reference library verifies, and the other way round. */
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { distrust, isSecret, newSecret } from '../../../src/webhooks/index.js'
import { signedHeaders } from '../../../src/webhooks/sign.js'

const body = JSON.stringify({ type: 'job.completed', jobId: '01J', text: 'ü 😀' })
const message = () => ({ id: '01J_1-0', atSeconds: Math.floor(Date.now() / 1000), body })

describe('a signature', () => {
  it('is one that standardwebhooks verifies, by each of two secrets', () => {
    const [newer, older, other] = [newSecret(), newSecret(), newSecret()]
    const headers = signedHeaders(message(), [newer, older])
    for (const secret of [newer, older]) {
      expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body))
      expect(distrust(headers, body, [secret])).toBeNull()
    }
    expect(() => new Webhook(other).verify(body, headers)).toThrow('No matching signature')
    expect(distrust(headers, body, [other])).toBe('its signature is of another secret')
    expect([newer, older].every(isSecret)).toBe(true)
    expect(newer).not.toBe(older)
  })

  it('of the reference library is verified, and nothing that was changed', () => {
    const secret = newSecret()
    const at = new Date()
    const signed = {
      'webhook-id': 'a',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': `v1a,nonsense ${new Webhook(secret).sign('a', at, body)}`,
    }
    expect(distrust(signed, body, [secret])).toBeNull()
    expect(distrust(signed, `${body} `, [secret])).toBe('its signature is of another secret')
    expect(distrust({ ...signed, 'webhook-id': 'b' }, body, [secret])).toBe('its signature is of another secret')
    expect(distrust(signed, body, [secret], at.getTime() + 301_000)).toBe('its time is more than 5 minutes off')
    expect(distrust({ ...signed, 'webhook-timestamp': 'x' }, body, [secret])).toBe('its time is no time')
    expect(distrust({}, body, [secret])).toBe('it is not signed')
  })
})
