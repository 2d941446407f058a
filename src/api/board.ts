/** bull-board without a server of its own: what it shows and does, for routes of ours that carry it. */
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { createBullBoard } from '@bull-board/api'
import type {
  AppControllerRoute,
  AppViewRoute,
  BullBoardQueues,
  IServerAdapter,
  UIConfig,
} from '@bull-board/api/typings/app'
import type { BoardQueue } from '../queue/index.js'

export type Board = {
  queues: BullBoardQueues
  entry: AppViewRoute
  api: AppControllerRoute[]
  uiConfig: UIConfig
  /** Folders of its documents, and of what they load. */
  views: string
  assets: string
}

export function makeBoard(queues: BoardQueue[]): Board {
  const board = {} as Board
  const note = (part: Partial<Board>) => {
    Object.assign(board, part)
    return server
  }
  const server: IServerAdapter = {
    setQueues: (all) => note({ queues: all }),
    setEntryRoute: (entry) => note({ entry }),
    setApiRoutes: (api) => note({ api }),
    setUIConfig: (uiConfig) => note({ uiConfig }),
    setViewsPath: (views) => note({ views }),
    setStaticPath: (_route, assets) => note({ assets }),
    // Ours tells what went wrong as everywhere.
    setErrorHandler: () => server,
  }
  const uiBasePath = dirname(createRequire(import.meta.url).resolve('@bull-board/ui/package.json'))
  const uiConfig: UIConfig = { boardTitle: 'ffleet', hideRedisDetails: true }
  createBullBoard({ queues, serverAdapter: server, options: { uiBasePath, uiConfig } })
  return board
}
