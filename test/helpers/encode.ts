import { afterAll, beforeAll } from 'vitest'
import type { ClipName } from '../../fixtures/media/recipes.js'
import type { Capabilities } from '../../src/ffmpeg/capabilities.js'
import type { PlanInput, PresetOutput } from '../../src/plan/index.js'
import { createProber, type Prober } from '../../src/probe/index.js'
import { type EncodedAll, encodeInto, testCapabilities } from './encode-into.js'
import { aFolder } from './folder.js'

export { anOutput, type Encoded, testCapabilities } from './encode-into.js'

export type Encoder = {
  readonly capabilities: Capabilities
  readonly prober: Prober
  /** Plans, runs and verifies, as a worker does; by output name. */
  encode(
    input: ClipName | { path: string },
    outputs: readonly (string | PresetOutput)[],
    more?: Partial<PlanInput>,
  ): Promise<EncodedAll>
}

/** Everything that an encode needs, for the tests of one file. */
export function useEncoder(): Encoder {
  let capabilities: Capabilities
  let prober: Prober
  beforeAll(async () => {
    capabilities = await testCapabilities()
    prober = createProber({ capabilities })
  })
  afterAll(() => prober.close())
  return {
    get capabilities() {
      return capabilities
    },
    get prober() {
      return prober
    },
    encode: async (input, wanted, more = {}) =>
      encodeInto(await aFolder(), input, wanted, { capabilities, prober }, more),
  }
}
