import { register } from 'prom-client'
import { expect, test } from 'vitest'
import { createMetrics, METRICS } from '../../src/metrics.js'

test('every metric of the table is rendered with its help text', async () => {
  const text = await createMetrics().registry.metrics()
  for (const { name, help, kind } of Object.values(METRICS)) {
    expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n`)
  }
})

test('names follow the conventions of Prometheus', () => {
  for (const { name, kind, help } of Object.values(METRICS)) {
    expect(name).toMatch(/^ffleet_[a-z_]+$/)
    expect(name.endsWith('_total'), name).toBe(kind === 'counter')
    expect(help).toMatch(/^[A-Z0-9].*\.$/)
  }
})

test('two sets do not share anything, and the global registry stays empty', async () => {
  const [one, other] = [createMetrics(), createMetrics()]
  one.watchers.set({ scope: 'job' }, 3)
  one.httpDuration.observe({ method: 'GET', route: '/v1/jobs', status: '200' }, 0.02)
  expect(await one.registry.metrics()).toContain('ffleet_watchers{scope="job"} 3')
  expect(await other.registry.metrics()).not.toContain('ffleet_watchers{scope="job"}')
  expect(register.getMetricsAsArray()).toEqual([])
})

test('of the event loop only that lag is told that holds no period of a timer', async () => {
  const text = await createMetrics().registry.metrics()
  const lags = [...text.matchAll(/^# TYPE (nodejs_eventloop_lag\w*)/gm)].map(([, name]) => name)
  expect(lags).toEqual(['nodejs_eventloop_lag_seconds'])
})
