import { render } from 'preact'
import { readPresets } from './live/presets.js'
import { followQueue } from './live/queue.js'
import { readSession } from './live/session.js'
import { App } from './shell/app.js'
import { followTitle } from './shell/title.js'
import { restoreUploads } from './uploads/uploads.js'
import './shell/theme.js'

followQueue()
followTitle()
void readPresets()
void readSession()
void restoreUploads()
render(<App />, document.getElementById('page')!)
