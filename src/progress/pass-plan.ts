/** What is expected of one ffmpeg process, settled before it starts. */
export type PassPlan = {
  /** Such as `encode` or `analyse`. */
  label: string
  /** Duration of the output in µs: of its longest audio or video stream. Null: unknown. */
  expectedUs: number | null
  /** Frames of the first video output; only where its frame rate is known to be constant, else null. */
  expectedFrames: number | null
  /** Share of the attempt's time. Those of all passes of an attempt sum to 1. */
  weight: number
}

/**
 * The plans as they can be reckoned with: an expectation of 0 or no finite number is unknown, weights are made to sum to
 * 1, and no plan at all is one pass of which nothing is known.
 */
export function soundPlans(plans: readonly PassPlan[]): PassPlan[] {
  if (plans.length === 0) return [{ label: 'encode', expectedUs: null, expectedFrames: null, weight: 1 }]
  const weights = plans.map((plan) => expectation(plan.weight) ?? 0)
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return plans.map((plan, index) => ({
    label: plan.label,
    expectedUs: expectation(plan.expectedUs),
    expectedFrames: expectation(plan.expectedFrames),
    weight: Number.isFinite(sum) && sum > 0 ? weights[index]! / sum : 1 / plans.length,
  }))
}

function expectation(value: number | null): number | null {
  return value !== null && Number.isFinite(value) && value > 0 ? value : null
}
