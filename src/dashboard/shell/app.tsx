import type { ComponentChildren } from 'preact'
import { lazy, Suspense } from 'preact/compat'
import { FleetPage } from '../fleet/fleet-page.js'
import { JobsPage } from '../jobs/jobs-page.js'
import { isRefused } from '../live/server.js'
import { SendingNotice } from '../uploads/sending-notice.js'
import { words } from '../words/texts.js'
import { Announcer } from './announcer.js'
import { ConnectionNotice } from './connection-notice.js'
import { Header } from './header.js'
import { Link } from './link.js'
import { address, followLinks } from './router.js'
import { SignIn } from './sign-in.js'

// What the first look does not need comes when it is asked for.
const jobPage = () => import('../job/job-page.js').then(({ JobPage }) => ({ default: JobPage }))
const newJobPage = () => import('../new/new-job-page.js').then(({ NewJobPage }) => ({ default: NewJobPage }))
const JobPage = lazy(jobPage)
const NewJobPage = lazy(newJobPage)
// But not so late that the server may be away when it is.
setTimeout(() => void Promise.allSettled([jobPage(), newJobPage()]), 1_000)

export function App() {
  const { path } = address.value
  return (
    <div class="app" onClick={followLinks}>
      <a class="skip" href={`${location.pathname}${location.search}#content`}>
        {words.value.skip}
      </a>
      <Header />
      {isRefused.value ? null : (
        <>
          <ConnectionNotice />
          <SendingNotice />
        </>
      )}
      <div id="content" tabIndex={-1}>
        {isRefused.value ? (
          <SignIn />
        ) : (
          <Suspense fallback={<p class="empty">{words.value.loading}</p>}>{pageAt(path)}</Suspense>
        )}
      </div>
      <Announcer />
    </div>
  )
}

function pageAt(path: string): ComponentChildren {
  const [, room, id] = path.split('/')
  if (path === '/') return <JobsPage />
  if (room === 'jobs' && id) return <JobPage key={id} id={decodeURIComponent(id)} />
  if (path === '/workers') return <FleetPage />
  if (path === '/new') return <NewJobPage />
  return (
    <main class="empty">
      <h1>{words.value.noSuchPage}</h1>
      <Link to="/">{words.value.jobs}</Link>
    </main>
  )
}
