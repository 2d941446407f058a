import { spawn } from 'node:child_process'

/** Shows a page to the person at this machine. Whether a browser came up is not waited for, and never known. */
export function openInBrowser(url: string): void {
  const [program, ...args] = openerOf(url)
  const child = spawn(program!, args, {
    stdio: 'ignore',
    // It outlives the command, and a Ctrl-C at the terminal.
    detached: true,
    windowsHide: true,
    windowsVerbatimArguments: true,
  })
  child.on('error', () => {})
  child.unref()
}

/** The command that opens what a person would click on. */
export function openerOf(url: string, platform: NodeJS.Platform = process.platform): string[] {
  if (platform === 'darwin') return ['open', url]
  // The first quoted word is a title; without the quotes an `&` of the address would end the command.
  if (platform === 'win32') return ['cmd', '/c', 'start', '""', `"${url}"`]
  return ['xdg-open', url]
}
