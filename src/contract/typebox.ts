/**
 * What the project uses of the schema library. Nothing else imports it: some 370 modules, which take longer to load than
 * all of ffleet. `npm run build` makes one file of this one.
 */
export type { Static, TObject, TSchema } from 'typebox'
export { default as Type } from 'typebox'
export { Compile } from 'typebox/compile'
export { IsDateTime } from 'typebox/format'
export { Value } from 'typebox/value'
