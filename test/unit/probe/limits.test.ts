import { describe, expect, it } from 'vitest'
import { checkProbe } from '../../../src/probe/limits.js'
import { aProbe, aVideo, coverArt } from '../plan/inputs.js'

const check = (facts: Parameters<typeof aVideo>[0]) => checkProbe(aProbe([aVideo(facts)]), '', { maxFrameRate: 1_000 })

describe('the frame rate', () => {
  it('counts by the frames that are there, whatever a header claims', () => {
    expect(() => check({ frameRate: 90_000, frames: 250, durationUs: 10_000_000 })).not.toThrow()
    expect(() => check({ frameRate: 25, frames: 20_000, durationUs: 10_000_000 })).toThrow(/has 2000 frames a second/)
    expect(() => check({ frameRate: 1_000, frames: 10_000, durationUs: 10_000_000 })).not.toThrow()
  })

  it('of two frames in quick succession is none', () => {
    expect(() => check({ frameRate: 90_000, frames: 2, durationUs: 22 })).not.toThrow()
  })

  it('is the word of the header where nothing was counted', () => {
    expect(() => check({ frameRate: 90_000, frames: null })).toThrow(/has 90000 frames a second; at most 1000/)
    expect(() => check({ frameRate: null, frames: null, durationUs: null })).not.toThrow()
  })
})

describe('streams and attachments', () => {
  it('are counted apart, cover art among the latter', () => {
    const probe = aProbe([aVideo(), coverArt(), coverArt()])
    expect(() => checkProbe(probe, '', { maxStreams: 1, maxAttachments: 2 })).not.toThrow()
    expect(() => checkProbe(probe, '', { maxStreams: 1, maxAttachments: 1 })).toThrow(/has 2 attachments; at most 1/)
  })
})
