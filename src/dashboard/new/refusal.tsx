import { FfleetApiError } from '../../client/index.js'

/** Why the server did not take a request. */
export function Refusal({ problem }: { problem: Error }) {
  const isApi = problem instanceof FfleetApiError
  return (
    <div class="notice bad" role="alert">
      <p>
        {problem.message} {isApi ? <span class="code">{problem.code}</span> : null}
      </p>
      {isApi && problem.hint ? <p>{problem.hint}</p> : null}
      {isApi && problem.errors.length > 1 ? (
        <ul>
          {problem.errors.map(({ pointer, detail }) => (
            <li key={pointer + detail}>
              <code>{pointer}</code> {detail}
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  )
}
