import { defineCommand } from 'citty'
import { VERSION } from '../../version.js'
import { print } from '../print.js'

export default defineCommand({
  meta: { name: 'version', description: 'Show the version of ffleet' },
  run: () => print(VERSION),
})
