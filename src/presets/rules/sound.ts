import { type Preset, SOUND_FIELDS } from '../../contract/index.js'
import { AUDIO_RULES, CHANNELS_OF, CONTAINER_RULES, mappedLayout } from '../codecs.js'
import type { Fault } from './fault.js'

type Audio = NonNullable<Preset['audio']>
type Encoded = Audio & { codec: keyof typeof AUDIO_RULES }

export function audioFaults({ kind, container, audio }: Preset, fault: Fault): void {
  if (audio === null) return
  if (kind === 'remux') {
    if (audio.codec !== 'copy') fault('/audio/codec', 'a preset of kind remux copies')
    for (const field of ['bitrate', 'channels', ...SOUND_FIELDS] as const) {
      if (audio[field] !== null && audio[field] !== undefined) fault(`/audio/${field}`, 'a copy stays as it is')
    }
    return
  }
  if (audio.codec === 'copy') {
    fault('/audio/codec', 'only a preset of kind remux copies')
    return
  }
  if (kind === 'archive') {
    for (const field of ['bitrate', 'channels', ...SOUND_FIELDS] as const) {
      if (audio[field] !== null && audio[field] !== undefined)
        fault(`/audio/${field}`, 'an archive keeps the sound as it is')
    }
    if (audio.codec !== 'flac') fault('/audio/codec', 'a preset of kind archive has flac')
    return
  }
  const rules = AUDIO_RULES[audio.codec]
  if (!CONTAINER_RULES[container].audio.includes(audio.codec)) {
    fault('/audio/codec', `${audio.codec} does not go into ${container}`)
  }
  if (audio.bitrate !== null && rules.maxBitrate === null) fault('/audio/bitrate', `${audio.codec} has none`)
  if (audio.bitrate !== null && rules.maxBitrate !== null && audio.bitrate > rules.maxBitrate) {
    fault('/audio/bitrate', `of ${audio.codec} goes to ${rules.maxBitrate}`)
  }
  if (audio.channels !== null && audio.channels > rules.maxChannels) {
    fault('/audio/channels', `of ${audio.codec} go to ${rules.maxChannels}`)
  }
  channelFaults(audio as Encoded, fault)
  const { sampleRate, gainDb, loudness, trimSilence } = audio
  if (sampleRate !== undefined && !rules.sampleRates.includes(sampleRate)) {
    fault('/audio/sampleRate', `of ${audio.codec} is one of ${rules.sampleRates.join(', ')}`)
  }
  if (loudness !== undefined && gainDb !== undefined) {
    fault('/audio/gainDb', 'would be undone by loudness; give either')
  }
  if (trimSilence !== undefined && kind !== 'audio') {
    fault('/audio/trimSilence', 'would take sound and picture apart; take a preset of kind audio')
  }
}

function channelFaults({ codec, channels, layout, channelMap }: Encoded, fault: Fault): void {
  const { layouts } = AUDIO_RULES[codec]
  if (layout !== undefined && channels !== null) fault('/audio/layout', 'says how many channels there are; give either')
  if (layout !== undefined && !layouts.includes(layout)) {
    fault('/audio/layout', `of ${codec} is one of ${layouts.join(', ')}`)
    return
  }
  if (channelMap === undefined) return
  const mapped = mappedLayout(codec, channelMap, layout)
  if (mapped === null) {
    fault(
      '/audio/channelMap',
      `has ${channelMap.length} channels, which no layout of ${codec} has: ${layouts.join(', ')}`,
    )
  } else if (CHANNELS_OF[mapped] !== channelMap.length) {
    fault('/audio/channelMap', `has ${channelMap.length} channels, the layout ${mapped} ${CHANNELS_OF[mapped]}`)
  } else if (channels !== null && channelMap.length > channels) {
    fault('/audio/channelMap', `has ${channelMap.length} channels, but channels bounds them to ${channels}`)
  }
}
