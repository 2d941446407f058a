/** The icon of the tab: while a job runs that is looked at, how far it is. */
const SIZE = 32

let usual: string | null = null

export function drawIcon(percent: number | null): void {
  const link = document.querySelector<HTMLLinkElement>('link[rel=icon]')
  if (link === null) return
  usual ??= link.href
  link.href = percent === null ? usual : pie(percent)
}

function pie(percent: number): string {
  const canvas = document.createElement('canvas')
  canvas.width = SIZE
  canvas.height = SIZE
  const context = canvas.getContext('2d')
  if (context === null) return usual!
  const middle = SIZE / 2
  context.lineWidth = 6
  const arc = (share: number, colour: string) => {
    context.beginPath()
    context.strokeStyle = colour
    context.arc(middle, middle, middle - 4, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * share)
    context.stroke()
  }
  arc(1, '#8a94a6')
  arc(percent / 100, '#3b74f2')
  return canvas.toDataURL()
}
