import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { COMMANDS, commandNames, findCommand } from '../../../src/cli/commands.js'
import { completionScript, SHELLS } from '../../../src/cli/completion.js'
import { findExecutable } from '../../../src/programs.js'
import { cli } from '../../helpers/cli.js'
import { aFolder } from '../../helpers/folder.js'

const run = promisify(execFile)

/** What bash offers for the last word, by the script in a shell of its own. */
async function offered(...words: string[]): Promise<string[]> {
  const quoted = words.map((word) => `'${word}'`).join(' ')
  const asked = `COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _ffleet; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout } = await run('bash', ['-c', `${await completionScript('bash', COMMANDS)}\n${asked}`], {
    cwd: await aFolder(),
  })
  return stdout.split('\n').filter(Boolean)
}

test('bash offers commands, their options, and words that options and arguments take', async () => {
  expect(await offered('ffleet', 'wo')).toEqual(['worker', 'workers'])
  expect(await offered('ffleet', 'run', 'in.mp4', '--audio-b')).toEqual(['--audio-bitrate'])
  expect(await offered('ffleet', 'submit', '-p', 'thumb')).toEqual(['thumbnails'])
  expect(await offered('ffleet', 'ls', '--state', 'c')).toEqual(['completed', 'cancelled'])
  expect(await offered('ffleet', 'cancel', 'l')).toEqual(['last'])
  expect(await offered('ffleet', 'completion', '')).toEqual([...SHELLS])
  expect(await offered('ffleet', 'run', 'nothing-here')).toEqual([])
})

test.each(SHELLS)('%s knows every command and option', async (shell) => {
  const script = await completionScript(shell, COMMANDS)
  for (const name of commandNames()) {
    expect(script).toContain(name)
    const { args } = await findCommand(name)!.load()
    for (const [key, def] of Object.entries(args ?? {}) as [string, { type: string }][]) {
      if (def.type !== 'positional') expect(script, `${name} ${key}`).toMatch(new RegExp(`(--|-l )${key}\\b`))
    }
  }
})

test.each(SHELLS.filter((shell) => findExecutable(shell) !== null))('%s can read its script', async (shell) => {
  const file = `${await aFolder()}/script`
  writeFileSync(file, await completionScript(shell, COMMANDS))
  await run(shell, ['-n', file])
})

test('a shell that is not known is told', async () => {
  expect(await cli(['completion', 'csh'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('csh is no shell that is known; bash, zsh, fish are.'),
  })
})
