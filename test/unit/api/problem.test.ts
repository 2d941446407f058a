import fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import { answerError, problemOf } from '../../../src/api/problem.js'
import { ERROR_CODES, ERRORS, FfleetError } from '../../../src/contract/index.js'

/** An application whose only route throws. */
async function answerTo(thrown: unknown) {
  const logged: object[] = []
  const write = (fields: object) => void logged.push(fields)
  const app = fastify({ genReqId: () => 'request-7' })
  app.setErrorHandler(answerError({ error: write, warn: write, info: write, debug: write } as never))
  app.get('/', () => Promise.reject(thrown))
  const response = await app.inject('/')
  return { status: response.statusCode, headers: response.headers, body: response.json(), logged }
}

describe('a refusal', () => {
  it('is a problem of the registry, with its fields', async () => {
    const errors = [{ pointer: '/input', detail: 'wrong' }]
    const { status, headers, body, logged } = await answerTo(new FfleetError('INVALID_REQUEST', 'wrong', { errors }))
    expect(status).toBe(422)
    expect(headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(body).toEqual({
      type: 'urn:ffleet:error:INVALID_REQUEST',
      title: ERRORS.INVALID_REQUEST.title,
      status: 422,
      detail: 'wrong',
      code: 'INVALID_REQUEST',
      hint: ERRORS.INVALID_REQUEST.hint,
      errors,
    })
    expect(logged).toEqual([])
  })

  it.each(ERROR_CODES)('%s has a status of its own or that of a request', (code) => {
    expect(problemOf(new FfleetError(code, 'x')).status).toBe(ERRORS[code].status ?? 422)
  })

  it('says when to come back while the queue is away, whoever noticed', async () => {
    const lost = Object.assign(new Error('connect ECONNREFUSED /secret/path'), { code: 'ECONNREFUSED' })
    for (const thrown of [new FfleetError('QUEUE_UNAVAILABLE', 'away'), lost]) {
      const { status, headers, body } = await answerTo(thrown)
      expect(status).toBe(503)
      expect(Number(headers['retry-after'])).toBeGreaterThan(0)
      expect(JSON.stringify(body)).not.toContain('secret')
    }
  })
})

describe('what nobody foresaw', () => {
  it.each([
    new Error('EACCES: permission denied, open /home/somebody/secret'),
    Object.assign(new Error('ENOENT: no such file, open /home/somebody/secret'), { code: 'ENOENT', path: '/home' }),
    Object.assign(new Error('teapot'), { statusCode: 418 }),
    'just a string',
  ])('%s is told by its id alone, and logged', async (thrown) => {
    const { status, body, logged } = await answerTo(thrown)
    expect(status).toBe(500)
    expect(body.code).toBe('INTERNAL_ERROR')
    expect(body.detail).toContain('request-7')
    expect(JSON.stringify(body)).not.toMatch(/secret|teapot|string|\.ts/)
    expect(logged).toMatchObject([{ requestId: 'request-7', err: thrown }])
  })
})
