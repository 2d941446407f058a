#!/usr/bin/env node
import { runCli } from './run-cli.js'

// Not awaited at the top: a worker that was asked from afar to drain simply comes to its end, and that is no error.
runCli(process.argv.slice(2)).then((exitCode) => {
  process.exitCode = exitCode
})
