import type { Benchmark } from './benchmark.js'
export const parsing: Benchmark = { name: 'parsing', title: '', about: '', run: async () => [] }
