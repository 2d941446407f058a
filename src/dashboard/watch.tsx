import { render } from 'preact'
import { client } from './live/server.js'
import './shell/theme.js'
import { watchLink } from './watch/watch-link.js'
import { WatchPage } from './watch/watch-page.js'

const query = new URLSearchParams(location.search)
render(
  <WatchPage job={watchLink(client, query.get('token') ?? '')} embedded={query.has('embed')} />,
  document.getElementById('page')!,
)
