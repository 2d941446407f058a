import { render } from 'preact'
import { readPresets } from './live/presets.js'
import { followQueue } from './live/queue.js'
import { App } from './shell/app.js'
import { followTitle } from './shell/title.js'
import './shell/theme.js'

followQueue()
followTitle()
void readPresets()
render(<App />, document.getElementById('page')!)
