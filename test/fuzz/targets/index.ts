import type { Target } from '../target.js'
import { idsAndCursors } from './ids-and-cursors.js'
import { keyFile } from './key-file.js'
import { logParser } from './log-parser.js'
import { recipes } from './recipes.js'
import { reportParser } from './report-parser.js'
import { routes } from './routes.js'
import { sniffing } from './sniffing.js'

/** All that takes what strangers wrote. */
export const TARGETS = [reportParser, logParser, sniffing, idsAndCursors, keyFile, recipes, routes] as Target[]
