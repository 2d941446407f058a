import type { FileAttacks } from './attack.js'
import { BOMBS } from './bombs.js'
import { BROKEN_FILES } from './broken.js'
import { METADATA } from './metadata.js'
import { PLAYLISTS } from './playlists.js'
import { REFERENCES } from './references.js'

/** All hostile files. */
export const FILE_ATTACKS: readonly FileAttacks[] = [PLAYLISTS, REFERENCES, BOMBS, BROKEN_FILES, METADATA]
