import { queue } from '../live/queue.js'
import { session, signOut } from '../live/session.js'
import { number } from '../words/figures.js'
import { chooseLanguage, LANGUAGES, type Language, language } from '../words/language.js'
import { words } from '../words/texts.js'
import { Link } from './link.js'
import { address } from './router.js'
import { chooseTheme, THEMES, type Theme, theme } from './theme.js'

export function Header() {
  const w = words.value
  const { path } = address.value
  const busy = queue.value?.counts.active ?? null
  return (
    <header>
      <Link to="/" class="brand">
        ffleet
      </Link>
      <nav aria-label={w.pages}>
        <Link to="/" current={path === '/'}>
          {w.jobs}
        </Link>
        <Link to="/workers" current={path === '/workers'}>
          {w.fleet}
        </Link>
        <Link to="/new" current={path === '/new'}>
          {w.newJob}
        </Link>
      </nav>
      <span class="summary quiet">
        {queue.value === null || busy === null
          ? ''
          : w.summary(number(busy), number(queue.value.slots), number(queue.value.counts.queued))}
      </span>
      <select
        aria-label={w.language}
        value={language.value}
        onChange={(event) => chooseLanguage(event.currentTarget.value as Language)}
      >
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <option key={code} value={code}>
            {name}
          </option>
        ))}
      </select>
      <select
        aria-label={w.theme}
        value={theme.value}
        onChange={(event) => chooseTheme(event.currentTarget.value as Theme)}
      >
        {THEMES.map((each) => (
          <option key={each} value={each}>
            {w.themes[each]}
          </option>
        ))}
      </select>
      {session.value?.endsAt == null ? null : (
        <button
          type="button"
          title={w.signedInAs(session.value.name, session.value.role)}
          onClick={() => void signOut()}
        >
          {w.signOut}
        </button>
      )}
    </header>
  )
}
