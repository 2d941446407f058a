import type { ComponentChildren } from 'preact'
import { BASE } from '../live/server.js'

/** A link to a page of this page. */
export function Link(props: { to: string; class?: string; current?: boolean; children: ComponentChildren }) {
  return (
    <a
      href={BASE + props.to}
      data-page={props.to}
      class={props.class}
      aria-current={props.current ? 'page' : undefined}
    >
      {props.children}
    </a>
  )
}
