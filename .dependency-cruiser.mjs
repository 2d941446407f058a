/** The layers of docs/architecture.md: imports point down only. @type {import('dependency-cruiser').IConfiguration} */
const layer = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: '^(src|workers)/', pathNot: [from, ...allowed] },
})
const only = (module, from) => ({
  name: `only-${from.replaceAll(/[^a-z]/g, '')}-imports-${module}`,
  severity: 'error',
  from: { path: '^(src|workers)/', pathNot: from },
  to: { path: `^node_modules/${module}/` },
})
export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    layer('contract-stands-alone', '^src/contract/', []),
    layer('progress-is-pure', '^src/progress/', ['^src/contract/']),
    {
      name: 'progress-does-no-io',
      severity: 'error',
      from: { path: '^src/progress/' },
      to: { dependencyTypes: ['core'] },
    },
    layer('arguments', '^src/arguments/', ['^src/contract/']),
    layer('callers', '^src/callers/', ['^src/(contract|log)/']),
    layer('presets', '^src/presets/', ['^src/contract/']),
    layer('ffmpeg', '^src/ffmpeg/', ['^src/(contract|progress)/', '^src/programs\\.ts$']),
    layer('probe', '^src/probe/', ['^src/(contract|ffmpeg)/']),
    layer('plan', '^src/plan/', ['^src/(contract|arguments|progress|presets|ffmpeg|probe)/']),
    layer('verify', '^src/verify/', ['^src/(contract|ffmpeg|probe|plan)/']),
    layer('diagnosis', '^src/diagnosis/', ['^src/(contract|ffmpeg)/']),
    layer('webhooks', '^src/webhooks/', ['^src/contract/']),
    layer('queue', '^src/queue/', ['^src/(contract|log|webhooks)/', '^src/(metrics|programs)\\.ts$']),
    layer('storage', '^src/storage/', ['^src/contract/']),
    layer('watch-folders', '^src/watch-folders/', ['^src/(client|contract|queue|storage|log)/', '^src/nearest\\.ts$']),
    layer('api', '^src/api/', [
      '^src/(contract|arguments|queue|storage|presets|callers|config|log|webhooks)/',
      '^src/(metrics|nearest|version)\\.ts$',
    ]),
    layer('fluent', '^src/fluent/', ['^src/(client|contract|arguments)/']),
    layer('mcp', '^src/mcp/', ['^src/(client|contract)/']),
    layer('client', '^src/client/', ['^src/contract/']),
    {
      name: 'client-runs-in-a-browser',
      severity: 'error',
      from: { path: '^src/client/' },
      to: { dependencyTypes: ['core'] },
    },
    layer('embed', '^src/embed/', ['^src/(api|client|config|log|queue)/', '^workers/']),
    layer('dashboard', '^src/dashboard/', ['^src/(client|contract)/']),
    {
      name: 'only-dashboard-imports-dashboard',
      severity: 'error',
      from: { path: '^(src|workers)/', pathNot: '^src/dashboard/' },
      to: { path: '^src/dashboard/' },
    },
    layer('workers', '^workers/', [
      '^src/(contract|progress|ffmpeg|probe|plan|verify|diagnosis|queue|storage|presets|config|log)/',
      '^src/(metrics|programs|version)\\.ts$',
    ]),
    only('execa', '^src/ffmpeg/'),
    only('bullmq', '^src/queue/'),
    only('ioredis', '^src/queue/'),
    only('cron-parser', '^src/queue/'),
    only('rate-limiter-flexible', '^src/queue/'),
    only('fluent-ffmpeg', '^src/fluent/'),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
  },
}
