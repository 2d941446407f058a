/** Sizes of packets out of `stream, dts, pts, duration, size, checksum`, as ffmpeg's framecrc lists them, a line each. */
export function packetSizes(list: string): number[] {
  return list.split('\n').flatMap((line) => {
    const [stream = '', , , , size = ''] = line.split(',').map((part) => part.trim())
    return /^\d+$/.test(stream) ? [Number(size)] : []
  })
}
