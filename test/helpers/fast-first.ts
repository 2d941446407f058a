import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What takes minutes: begun last, it would be waited for alone. */
const LONG = [
  'faults/worker',
  'faults/redis',
  'integration/cli/up',
  'docs/proxies',
  'integration/cli/run',
  'cases/cases',
  'docs/run-blocks',
  'fuzz/fuzz',
  'faults/soak',
]

/**
 * What starts no process comes first, so that most faults are seen within the first seconds, then what takes longest; the
 * rest as Vitest has it.
 */
export default class FastFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const rank = ({ moduleId }: TestSpecification) => {
      if (moduleId.includes('/test/unit/')) return -1
      const place = LONG.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`))
      return place < 0 ? LONG.length : place
    }
    return sorted.toSorted((one, other) => rank(one) - rank(other))
  }
}
