import type { Benchmark } from './benchmark.js'
export const latency: Benchmark = { name: 'latency', title: '', about: '', run: async () => [] }
