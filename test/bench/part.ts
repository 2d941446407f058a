/** A part of a benchmark in a process of its own, that is asked over IPC: so that measuring costs what is measured nothing. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export type Part = {
  readonly pid: number
  ask<Answer>(question: string, details?: unknown): Promise<Answer>
  stop(): Promise<void>
}

/** Starts a file of this folder with settings that its `answerWith` is given. */
export async function startPart(file: string, settings: unknown): Promise<Part> {
  const child: ChildProcess = fork(fileURLToPath(new URL(file, import.meta.url)), [JSON.stringify(settings)])
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${file} ended with ${code}`)
  })
  ended.catch(() => {})
  const next = async (): Promise<{ value: unknown }> => {
    const [message] = await Promise.race([once(child, 'message'), ended])
    if (message.error !== undefined) throw new Error(`${file}: ${message.error}`)
    return message
  }
  await next()
  return {
    pid: child.pid!,
    async ask<Answer>(question: string, details?: unknown) {
      const answer = next()
      child.send({ question, details })
      return (await answer).value as Answer
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

/** The other end: what a part does with each question. Called once, when the part is ready. */
export function answerWith(questions: Record<string, (details: never) => unknown>): void {
  process.on('message', async ({ question, details }: { question: string; details: unknown }) => {
    try {
      process.send!({ value: (await questions[question]!(details as never)) ?? null })
    } catch (error) {
      process.send!({ error: String((error as Error).stack) })
    }
  })
  process.on('disconnect', () => process.exit())
  process.send!({ value: null })
}

/** What `startPart` was given. */
export const settingsOf = <Settings>(): Settings => JSON.parse(process.argv[2]!) as Settings

/** Microseconds of the clock that all processes of a machine share. */
export const nowUs = (): number => Number(process.hrtime.bigint() / 1_000n)
