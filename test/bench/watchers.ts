import type { Benchmark } from './benchmark.js'
export const watchers: Benchmark = { name: 'watchers', title: '', about: '', run: async () => [] }
