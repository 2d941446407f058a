// Starts the reader thread where ffleet runs from its TypeScript source (tests, `tsx`); a build starts reader-thread.js.
import { register } from 'tsx/esm/api'

register()
await import('./reader-thread.ts')
