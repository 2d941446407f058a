import { METRICS } from '../../../src/metrics.js'
import { code, table } from './markdown.js'

type Row = { kind: string; name: string; help: string; labels: readonly string[]; buckets?: readonly number[] }

export function metricParts(): Record<string, string> {
  const metrics: Row[] = Object.values(METRICS)
  const rows = metrics.map(({ kind, name, help, labels }) => [code(name), kind, labels.map(code).join(', '), help])
  const buckets = metrics.flatMap((metric) => (metric.buckets ? [[code(metric.name), metric.buckets.join(', ')]] : []))
  return {
    metrics: table(['name', 'kind', 'labels', 'meaning'], rows),
    buckets: table(['histogram', 'buckets, upper bounds'], buckets),
  }
}
