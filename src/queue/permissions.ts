/** What the user of the fleet's URL must be allowed to do; an operator allows it by categories, see docs/guides/redis.md. */
import type { Connection } from './connection.js'

/** Each command that ffleet or BullMQ sends or has a script send, with as few arguments as it takes. */
export const COMMANDS = [
  ...['exists KEY', 'del KEY', 'unlink KEY', 'rename KEY KEY', 'persist KEY', 'pexpire KEY 1', 'pexpireat KEY 1'],
  ...['type KEY', 'pttl KEY', 'scan 0', 'get KEY', 'mget KEY', 'set KEY 0', 'incr KEY', 'incrby KEY 1'],
  ...['hget KEY 0', 'hset KEY 0 0', 'hsetnx KEY 0 0', 'hdel KEY 0', 'hexists KEY 0', 'hgetall KEY', 'hincrby KEY 0 1'],
  ...['hkeys KEY', 'hvals KEY', 'hlen KEY', 'hmget KEY 0', 'hmset KEY 0 0'],
  ...[
    'lindex KEY 0',
    'llen KEY',
    'lpop KEY',
    'lpos KEY 0',
    'lpush KEY 0',
    'lrange KEY 0 0',
    'lrem KEY 0 0',
    'lset KEY 0 0',
  ],
  ...['ltrim KEY 0 0', 'rpop KEY', 'rpush KEY 0', 'rpoplpush KEY KEY'],
  ...['sadd KEY 0', 'scard KEY', 'sismember KEY 0', 'smembers KEY', 'srandmember KEY', 'srem KEY 0'],
  ...['zadd KEY 0 0', 'zcard KEY', 'zcount KEY 0 0', 'zlexcount KEY - +', 'zrange KEY 0 0', 'zrangebylex KEY - +'],
  ...['zrangebyscore KEY 0 0', 'zrank KEY 0', 'zrem KEY 0', 'zremrangebyrank KEY 0 0', 'zremrangebyscore KEY 0 0'],
  ...[
    'zrevrange KEY 0 0',
    'zrevrangebylex KEY + -',
    'zrevrangebyscore KEY 0 0',
    'zscore KEY 0',
    'zinter 1 KEY',
    'zscan KEY 0',
    'zpopmin KEY',
  ],
  ...['bzpopmin KEY 1', 'xadd KEY * 0 0', 'xdel KEY 0-0', 'xlen KEY', 'xrange KEY - +', 'xrevrange KEY + -'],
  ...['xread STREAMS KEY 0', 'xtrim KEY MAXLEN 0', 'publish CHANNEL 0', 'subscribe CHANNEL'],
  ...['eval return 0', 'evalsha 0 0', 'time', 'ping', 'info', 'client setname ffleet'],
  // BullMQ's keys, beside ours.
  ...['get BULL', 'set BULL 0'],
]

/**
 * What the user of the connection may not do of all that: commands, `keys …`, `channels …`; none: []. All is asked for in
 * a transaction that is then discarded, so that nothing happens; nobody else may use the connection meanwhile.
 */
export async function deniedTo(redis: Connection): Promise<string[]> {
  const { prefix, bullPrefix, channels } = redis.names
  const places: Record<string, string> = {
    KEY: `${prefix}:asked`,
    BULL: `${bullPrefix}:asked`,
    CHANNEL: channels.control,
  }
  const sent = ['multi', ...COMMANDS, 'discard'].map((command) => {
    const [name = '', ...args] = command.split(' ')
    return redis.call(name, ...args.map((arg) => places[arg] ?? arg)).then(
      () => null,
      (error: Error) => deniedBy(error, command),
    )
  })
  const denied = (await Promise.all(sent)).filter((each) => each !== null)
  return [...new Set(denied)]

  function deniedBy({ message }: Error, command: string): string | null {
    if (!message.startsWith('NOPERM')) return null
    if (/channel/.test(message)) return `use channels ${places.CHANNEL!.replace(/[^:]*$/, '*')}`
    if (/\bkeys?\b/.test(message)) return `use keys ${command.includes('BULL') ? bullPrefix : prefix}:*`
    return `call ${command.split(' ')[0]!.toUpperCase()}`
  }
}
