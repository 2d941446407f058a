import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { promisify } from 'node:util'
import type { ArgsDef } from 'citty'
import { describe, expect, test } from 'vitest'
import { commandNames, findCommand } from '../../../src/cli/commands.js'
import { CLI_COMMAND, cli } from '../../helpers/cli.js'
import { job, startHttpServer } from '../../helpers/event-server.js'

describe('help', () => {
  test('names every command, and every file of a command is in the table', async () => {
    const { code, stdout } = await cli(['--help'])
    expect(code).toBe(0)
    for (const name of commandNames()) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
    const files = readdirSync(new URL('../../../src/cli/commands', import.meta.url)).map((file) =>
      file.replace('.ts', ''),
    )
    expect(commandNames().toSorted()).toEqual(files.toSorted())
  })

  test.each(commandNames())('%s --help tells its options', async (name) => {
    const command = await findCommand(name)!.load()
    const meta = await (typeof command.meta === 'function' ? command.meta() : command.meta)
    expect(meta?.name).toBe(name)
    expect(meta?.description?.length).toBeGreaterThan(5)
    const args: ArgsDef = await (typeof command.args === 'function' ? command.args() : command.args)
    for (const [key, def] of Object.entries(args ?? {})) expect(def.description, `${name} ${key}`).toBeTruthy()
  })

  test('of one command, also by `help COMMAND`', async () => {
    const [a, b] = await Promise.all([cli(['submit', '--help']), cli(['help', 'submit'])])
    expect(a.code).toBe(0)
    expect(a.stdout).toContain('--max-attempts')
    expect(a.stdout).toBe(b.stdout)
  })

  test('has no colours but on a terminal', async () => {
    // citty colours nothing where these are set.
    const env = { NO_COLOR: undefined, TEST: undefined, CI: undefined }
    expect((await cli(['run', '--help'], { env })).stdout).not.toContain('\x1b')
    expect((await cli(['run', '--help'], { env, terminal: true })).stdout).toContain('\x1b[')
    expect((await cli(['ls', '--state', 'done'], { env })).stderr).toMatch(
      /: --state \(done\)\. Expected one of: queued, /,
    )
  })

  test('the version', async () => {
    const { stdout, code } = await cli(['--version'])
    expect({ stdout, code }).toEqual({ stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), code: 0 })
  })
})

describe('what is wrong with a command line ends with 2', () => {
  test.each([
    [[], 'Usage:'],
    [['wach'], 'There is no command "wach"; did you mean watch?'],
    [['schedule', 'lst'], 'There is no "lst"; did you mean ls?'],
    [['schedule', 'show'], 'Missing argument: SCHEDULE'],
    [['schedule', 'ls', 'nightly'], 'Unexpected argument: nightly'],
    [['schedule', 'add', 'nightly', '--cron', '@daily'], 'Missing argument: INPUT'],
    [['schedule', 'add', 'nightly', 'in.mov'], 'Say when: --cron or --every.'],
    [['schedule', 'add', 'nightly', 'in.mov', '--every', 'often'], '--every takes'],
    [['rnu'], 'There is no command "rnu"; did you mean run?'],
    [['package.json'], 'There is no command "package.json"; did you mean ffleet run package.json?'],
    [['run', 'in.mov', '-prest', 'x'], 'Unknown option: -prest; did you mean --preset? See `ffleet run --help`.'],
    [['run', 'in.mov', '--crf', '99'], '--crf takes a number from 0 to 63, not "99".'],
    [['run', 'in.mov', '--local', '--server', 'x'], 'Give either --local or --server.'],
    [['ls', '--stat', 'failed'], 'Unknown option: --stat; did you mean --state? See `ffleet ls --help`.'],
    [['ls', '--state', 'done'], 'Invalid value for argument'],
    [['ls', '--since', 'yesterday'], '--since takes how long ago (30m, 2h, 3d) or a date'],
    [['ls', '--until', '2026-13-40'], '--until takes how long ago'],
    [['ls', '--server', 'ftp://x'], 'no http or https URL'],
    [['log', 'x', '--tail', '0'], '--tail takes a whole number from 1 to 100000, not "0".'],
    [['log', 'x', '--level', 'bad'], 'Invalid value for argument'],
    [['ls', 'x'], 'Unexpected argument: x. See `ffleet ls --help`.'],
    [['watch'], 'Name the jobs to watch, or give --all.'],
    [['cancel'], 'Missing argument: JOB… See `ffleet cancel --help`.'],
  ])('%j', async (args, message) => {
    const { code, stderr, stdout } = await cli(args)
    expect(stderr).toContain(message)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })
})

test('presets are those of this machine where no server is named and none answers', async () => {
  const env = { FFLEET_URL: undefined }
  expect(await cli(['presets'], { env })).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^poster +jpg +One/m),
  })
  expect((await cli(['presets', 'poster', '--json'], { env })).stdout).toContain('"mediaType": "image/jpeg"')
  const { code, stderr } = await cli(['presets', 'postr'], { env })
  expect(stderr).toContain('There is no preset "postr"; did you mean poster?')
  expect(code).toBe(1)
})

describe('errors', () => {
  test('a file to probe that is not there', async () => {
    const { code, stderr } = await cli(['probe', 'missing.mp4'])
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'ffleet: There is no input missing.mp4.\n' })
  })

  test('no server: one sentence that says what to do', async () => {
    const server = await startHttpServer(() => {})
    await server.close()
    const { code, stderr } = await cli(['ls'], { env: { FFLEET_URL: server.url } })
    expect(stderr).toBe(
      `ffleet: No ffleet server answers at ${server.url} (FFLEET_URL): connect ECONNREFUSED 127.0.0.1:${server.port}. Start one with \`ffleet up\`, or name another with --server or FFLEET_URL.\n`,
    )
    expect(code).toBe(1)
  })

  test('of the API: title, code, detail, pointers, hint', async () => {
    const problem = {
      type: 'about:blank',
      title: 'The request is not valid',
      status: 422,
      detail: 'Two fields are at fault.',
      code: 'INVALID_REQUEST',
      hint: 'Correct them.',
      errors: [{ pointer: '/outputs/0/preset', detail: 'is\x1b[2J missing' }],
    }
    const server = await startHttpServer((_, response) => void response.writeHead(422).end(JSON.stringify(problem)))
    const { code, stderr } = await cli(['submit', 'in.mov'], { env: { FFLEET_URL: server.url } })
    await server.close()
    expect(stderr).toBe(
      [
        'ffleet: The request is not valid (INVALID_REQUEST)',
        '  Two fields are at fault.',
        '  --preset: is�[2J missing',
        '  Correct them.',
        `  server: ${server.url} (FFLEET_URL)`,
        '',
      ].join('\n'),
    )
    expect(code).toBe(1)
  })

  test('with --json are one line of JSON on stderr, before there is a job too', async () => {
    const problem = { title: 'Away', status: 503, detail: 'x', code: 'QUEUE_UNAVAILABLE', hint: 'Wait.', errors: [] }
    const server = await startHttpServer((_, response) => void response.writeHead(409).end(JSON.stringify(problem)))
    const answers = await Promise.all([
      cli(['ls', '--bogus', '--json']),
      cli(['rnu', '--json']),
      cli(['run', 'missing.mov', '--json']),
      cli(['probe', 'missing.mov', '--json']),
      cli(['run', 'package.json', '-p', 'nope', '--json']),
      cli(['run', 'package.json', '-p', 'poster', '--crf', '20', '--json']),
      cli(['ls', '--json'], { env: { FFLEET_URL: 'http://127.0.0.1:9' } }),
      cli(['ls', '--json', '--server', server.url]),
      cli(['run', 'package.json', '--json'], { env: { FFLEET_FFMPEG: '/nowhere' } }),
    ])
    await server.close()
    const told = answers.map(({ code, stdout, stderr }) => [stdout, code, JSON.parse(stderr).code as string])
    expect(told).toEqual([
      ['', 2, 'WRONG_COMMAND_LINE'],
      ['', 2, 'WRONG_COMMAND_LINE'],
      ['', 1, 'INPUT_NOT_FOUND'],
      ['', 1, 'INPUT_NOT_FOUND'],
      ['', 1, 'PRESET_NOT_FOUND'],
      ['', 1, 'INVALID_REQUEST'],
      ['', 1, 'SERVER_UNREACHABLE'],
      ['', 1, 'QUEUE_UNAVAILABLE'],
      ['', 2, 'SETTING_INVALID'],
    ])
    const keys = ['type', 'code', 'title', 'detail', 'hint', 'errors']
    for (const { stderr } of answers) expect(Object.keys(JSON.parse(stderr))).toEqual(expect.arrayContaining(keys))
  })

  test.each([
    [502, '<html>502 Bad Gateway</html>', 'The server cannot be reached behind its proxy'],
    [404, 'Not Found', 'Something else than an ffleet server answers'],
    [200, '<html>', 'Something else than an ffleet server answers at'],
    [
      405,
      '{"code":"METHOD_NOT_ALLOWED","title":"The method is not allowed here","hint":"GET /openapi.json lists what each route takes."}',
      'does not know this command',
    ],
  ])('an answer %i is told without words of HTTP', async (status, body, said) => {
    const server = await startHttpServer((_, response) => void response.writeHead(status).end(body))
    const { code, stderr } = await cli(['presets'], { env: { FFLEET_URL: server.url } })
    await server.close()
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(said) })
    expect(stderr.replaceAll(server.url, '')).not.toMatch(/\b(HTTP_?\d*|GET|POST|[1-5]\d\d)\b|openapi/)
    expect(stderr).toContain(server.url)
  })

  test('one job of several that is refused: the others are done, then 1', async () => {
    const server = await startHttpServer((request, response) => {
      const id = request.url!.split('/')[3]!
      if (id === 'b') response.writeHead(404).end('{"code":"NOT_FOUND","title":"There is nothing at this address"}')
      else response.writeHead(202).end(JSON.stringify(job({ id, state: 'cancelled' })))
    })
    const { code, stdout, stderr } = await cli(['cancel', 'a', 'b', 'c', '--server', server.url])
    await server.close()
    expect(stdout).toBe('a cancelled\nc cancelled\n')
    expect(stderr).toBe('b: ffleet: There is no such thing (NOT_FOUND)\n')
    expect(code).toBe(1)
  })
})

test('a reader that goes away ends it quietly', async () => {
  const items = Array.from({ length: 200 }, (_, i) => job({ id: `J${i}`, tags: { x: 'y'.repeat(500) } }))
  let pages = 0
  const server = await startHttpServer((_, response) => {
    pages++
    response.end(JSON.stringify({ items, nextCursor: 'more' }))
  })
  const pipeline = `${CLI_COMMAND} ls --json --all --server ${server.url} | head -n 1 | wc -l; echo "\${PIPESTATUS[0]}"`
  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', pipeline])
  await server.close()
  expect(stdout.split(/\s+/)).toEqual(['1', '0', ''])
  expect(stderr).toBe('')
  expect(pages).toBeLessThan(50)
})

test('output that cannot be written ends it with a word', async () => {
  const run = promisify(execFile)('bash', ['-c', `echo progress=end | ${CLI_COMMAND} parse > /dev/full`])
  await expect(run).rejects.toMatchObject({
    code: 1,
    stderr: 'ffleet: The output cannot be written: ENOSPC: no space left on device, write\n',
  })
})
