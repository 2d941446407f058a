import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A real TCP proxy in front of a port, that can be as bad as a network. */
export type TcpProxy = {
  readonly port: number
  readonly url: string
  /** Connections accepted so far. */
  readonly accepted: number
  /** Bytes passed on towards the client so far. */
  readonly bytesDown: number
  /** Resets every open connection. */
  cut(): void
  /** Resets a connection as soon as so many more bytes went down to the client; in the middle of an event, mostly. */
  cutAfter(bytes: number): void
  /** Lets nothing through, in either direction, until `flow`; connections stay open, new ones too: half-open. */
  hold(): void
  flow(): void
  /** Lets nothing through towards the client, until `flow`: what it asks for is done, but it does not hear of it. */
  holdAnswers(): void
  /** What is connected now is dead from here on, without anybody being told; new connections work. */
  freeze(): void
  /** Every chunk arrives this much later. */
  delay(ms: number): void
  /** Resets new connections at once, until `accept`. */
  refuse(): void
  accept(): void
  close(): Promise<void>
}

/** `own`: the address that it listens on. */
export async function startTcpProxy(
  target: { port: number; host?: string } | { path: string },
  own = '127.0.0.1',
): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let accepted = 0
  let bytesDown = 0
  let cutAt = Number.POSITIVE_INFINITY
  let held = false
  let answersHeld = false
  const frozen = new WeakSet<Socket>()
  let refusing = false
  let delayMs = 0
  const waiting: (() => void)[] = []

  const pipe = (from: Socket, to: Socket, down: boolean) => {
    let order = Promise.resolve()
    // What follows a cut must not reach the client: bytes are lost at the end of a connection, never in its middle.
    let isCut = false
    from.on('data', (chunk) => {
      order = order.then(async () => {
        if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs))
        if (held || (down && answersHeld)) await new Promise<void>((resolve) => waiting.push(resolve))
        if (isCut || to.destroyed || frozen.has(from)) return
        const left = cutAt - bytesDown
        if (down && chunk.length >= left) {
          isCut = true
          to.write(chunk.subarray(0, left), () => to.resetAndDestroy())
          cutAt = Number.POSITIVE_INFINITY
          bytesDown += left
          return
        }
        if (down) bytesDown += chunk.length
        if (to.write(chunk)) return
        from.pause()
        await new Promise<void>((resolve) => {
          to.once('drain', resolve)
          to.once('close', resolve)
        })
        from.resume()
      })
    })
    from.on('end', () => void order.then(() => held || frozen.has(from) || to.end()))
    from.on('error', () => {})
    from.on('close', () => {
      sockets.delete(from)
      if (!held && !frozen.has(from)) void order.then(() => to.destroy())
    })
  }

  const server = createServer((client) => {
    accepted++
    if (refusing) return void client.resetAndDestroy()
    const upstream = 'path' in target ? connect(target.path) : connect(target.port, target.host ?? '127.0.0.1')
    sockets.add(client).add(upstream)
    pipe(client, upstream, false)
    pipe(upstream, client, true)
  })
  server.listen(0, own)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const cut = () => {
    // A unix socket knows no reset.
    for (const socket of sockets) socket.remoteAddress ? socket.resetAndDestroy() : socket.destroy()
  }
  const flow = () => {
    held = false
    answersHeld = false
    for (const go of waiting.splice(0)) go()
  }
  return {
    port,
    url: `http://${own}:${port}`,
    get accepted() {
      return accepted
    },
    get bytesDown() {
      return bytesDown
    },
    cut,
    cutAfter: (bytes) => void (cutAt = bytesDown + bytes),
    hold: () => void (held = true),
    flow,
    holdAnswers: () => void (answersHeld = true),
    freeze() {
      for (const socket of sockets) frozen.add(socket)
    },
    delay: (ms) => void (delayMs = ms),
    refuse: () => void (refusing = true),
    accept: () => void (refusing = false),
    async close() {
      flow()
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
