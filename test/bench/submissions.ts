import type { Benchmark } from './benchmark.js'
export const submissions: Benchmark = { name: 'submissions', title: '', about: '', run: async () => [] }
