import { useState } from 'preact/hooks'
import { signIn } from '../live/session.js'
import { words } from '../words/texts.js'

/** Asks for a key. The server turns it into a cookie; the page keeps nothing of it. */
export function SignIn() {
  const w = words.value
  const [fault, setFault] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    const key = String(new FormData(event.currentTarget as HTMLFormElement).get('key')).trim()
    setBusy(true)
    try {
      const problem = await signIn(key)
      setFault(problem === null ? null : problem.code === 'UNAUTHENTICATED' ? w.wrongKey : problem.detail)
    } catch {
      setFault(w.notReached)
    }
    setBusy(false)
  }
  return (
    <main class="sign-in">
      <h1>{w.signIn}</h1>
      <p>{w.askForKey}</p>
      <form onSubmit={submit}>
        <label for="key">{w.apiKey}</label>
        <input id="key" name="key" type="password" autocomplete="current-password" required aria-describedby="fault" />
        <button type="submit" disabled={busy}>
          {w.signIn}
        </button>
      </form>
      <p id="fault" role="alert" class={fault === null ? '' : 'notice bad'}>
        {fault}
      </p>
    </main>
  )
}
