import type { CommandTable } from './command.js'

/** Every command, loaded only when it runs: `ffleet --help` reads no more than this table. */
export const COMMANDS: CommandTable = {
  'On this machine': {
    run: {
      summary: 'Transcode files now, with a live bar',
      load: async () => (await import('./commands/run.js')).default,
    },
    batch: {
      summary: 'Transcode a whole library, and go on after a stop',
      load: async () => (await import('./commands/batch.js')).default,
    },
    up: {
      summary: 'Start Redis, the API and workers in one go',
      load: async () => (await import('./commands/up.js')).default,
    },
    api: { summary: 'Start the API alone', load: async () => (await import('./commands/api.js')).default },
    worker: { summary: 'Start one worker alone', load: async () => (await import('./commands/worker.js')).default },
    preset: {
      summary: 'Check a preset of your own before it is used',
      load: async () => (await import('./commands/preset.js')).default,
    },
    probe: { summary: 'Show what a media file holds', load: async () => (await import('./commands/probe.js')).default },
    parse: {
      summary: "Read ffmpeg's -progress report from stdin",
      load: async () => (await import('./commands/parse.js')).default,
    },
    doctor: {
      summary: 'Check what ffleet needs, and install it with --fix',
      load: async () => (await import('./commands/doctor.js')).default,
    },
    keys: {
      summary: 'Make, list, revoke and rotate API keys',
      load: async () => (await import('./commands/keys.js')).default,
    },
    'watch-folders': {
      summary: 'Make jobs of what lands in folders, and list why not',
      load: async () => (await import('./commands/watch-folders.js')).default,
    },
    tenants: {
      summary: 'Set and list what tenants may have at once',
      load: async () => (await import('./commands/tenants.js')).default,
    },
    'fluent-report': {
      summary: 'List what of a code base with fluent-ffmpeg runs on the fleet',
      load: async () => (await import('./commands/fluent-report.js')).default,
    },
    completion: {
      summary: 'Teach a shell to complete ffleet',
      load: async () => (await import('./commands/completion.js')).default(COMMANDS),
    },
    version: { summary: 'Show the version', load: async () => (await import('./commands/version.js')).default },
  },
  'On a server': {
    submit: { summary: 'Send jobs', load: async () => (await import('./commands/submit.js')).default },
    watch: { summary: 'Follow jobs live', load: async () => (await import('./commands/watch.js')).default },
    ls: { summary: 'List jobs', load: async () => (await import('./commands/ls.js')).default },
    show: { summary: 'Show a job', load: async () => (await import('./commands/show.js')).default },
    report: {
      summary: 'Show what ffmpeg did for a job',
      load: async () => (await import('./commands/report.js')).default,
    },
    log: { summary: "Print ffmpeg's log of a job", load: async () => (await import('./commands/log.js')).default },
    open: { summary: 'Open the web page', load: async () => (await import('./commands/open.js')).default },
    cancel: { summary: 'Cancel jobs', load: async () => (await import('./commands/cancel.js')).default },
    retry: {
      summary: 'Run failed or cancelled jobs again',
      load: async () => (await import('./commands/retry.js')).default,
    },
    rm: { summary: 'Remove jobs that have ended', load: async () => (await import('./commands/rm.js')).default },
    deliveries: {
      summary: 'Show what the webhook of a job was told, and tell it again',
      load: async () => (await import('./commands/deliveries.js')).default,
    },
    listen: {
      summary: 'Receive webhooks on this machine',
      load: async () => (await import('./commands/listen.js')).default,
    },
    webhooks: {
      summary: 'Show or rotate the secret that webhooks are signed with',
      load: async () => (await import('./commands/webhooks.js')).default,
    },
    unshare: {
      summary: 'Make the watch links of jobs void',
      load: async () => (await import('./commands/unshare.js')).default,
    },
    schedule: {
      summary: 'Send a job again and again',
      load: async () => (await import('./commands/schedule.js')).default,
    },
    queue: { summary: 'Show the queue', load: async () => (await import('./commands/queue.js')).default },
    pause: { summary: 'Start no more jobs', load: async () => (await import('./commands/pause.js')).default },
    resume: { summary: 'Start jobs again', load: async () => (await import('./commands/resume.js')).default },
    workers: { summary: 'List the workers', load: async () => (await import('./commands/workers.js')).default },
    drain: {
      summary: 'Let a worker finish what it runs and take no more',
      load: async () => (await import('./commands/drain.js')).default,
    },
    mcp: {
      summary: 'Serve the fleet to an assistant (Model Context Protocol)',
      load: async () => (await import('./commands/mcp.js')).default,
    },
    usage: { summary: 'Show what was used and made', load: async () => (await import('./commands/usage.js')).default },
    presets: {
      summary: 'List the presets, or show one',
      load: async () => (await import('./commands/presets.js')).default,
    },
  },
}

/** The entry of a command; undefined when there is none of that name. */
export function findCommand(name: string): CommandTable[string][string] | undefined {
  return Object.values(COMMANDS).flatMap((group) => (Object.hasOwn(group, name) ? [group[name]!] : []))[0]
}

export function commandNames(): string[] {
  return Object.values(COMMANDS).flatMap((group) => Object.keys(group))
}
