import type { HdrMetadata, MasteringDisplay } from '../contract/index.js'

export type { HdrMetadata }

/** In x265's units: 0.00002 of a chromaticity, 0.0001 cd/m². */
export function inX265Params(hdr: HdrMetadata | null): string[] {
  const [display, light] = [hdr?.masteringDisplay, hdr?.contentLight]
  const steps = (value: number, perUnit: number) => String(Math.round(value * perUnit))
  return [
    ...(display
      ? [
          `master-display=${written(
            display,
            (part) => steps(part, 50_000),
            (light) => steps(light, 10_000),
          )}`,
        ]
      : []),
    ...(light ? [`max-cll=${light.max},${light.average}`] : []),
  ]
}

/** In plain units. */
export function inSvtAv1Params(hdr: HdrMetadata | null): string[] {
  const [display, light] = [hdr?.masteringDisplay, hdr?.contentLight]
  const params = [
    ...(display
      ? [
          `mastering-display=${written(
            display,
            (part) => part.toFixed(5),
            (light) => light.toFixed(4),
          )}`,
        ]
      : []),
    ...(light ? [`content-light=${light.max},${light.average}`] : []),
  ]
  return params.length === 0 ? [] : ['-svtav1-params', params.join(':')]
}

type Write = (value: number) => string

/** `G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min)`, as both encoders read it. */
function written(display: MasteringDisplay, chromaticity: Write, luminance: Write): string {
  const { red, green, blue, white } = display
  const at = ([x, y]: readonly [number, number]) => `(${chromaticity(x)},${chromaticity(y)})`
  const light = `(${luminance(display.maxLuminance)},${luminance(display.minLuminance)})`
  return `G${at(green)}B${at(blue)}R${at(red)}WP${at(white)}L${light}`
}
