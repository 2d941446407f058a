/** Where reports are kept: a folder, or a bucket to which they are sent. */
import { join } from 'node:path'
import { parseBucket, type S3Places, s3Settings } from '../../s3/index.js'
import { Bucket } from '../bucket/bucket.js'
import { bucketMark } from '../bucket/root-mark.js'
import { folderMark, type RootMark } from '../roots.js'
import { openBucketReports } from './bucket.js'
import { openFolderReports } from './folder.js'
import type { ReportStore } from './store.js'

export { keepSending } from './send-unsent.js'
export { openSentReports } from './sent.js'
export type { AttemptsOver, ReportStore } from './store.js'

type ReportPlaces = { dataDir: string; reportRoot?: string | null } & S3Places

/** Where reports wait on this machine for as long as they cannot be sent. */
export const unsentFolderOf = ({ dataDir }: { dataDir: string }): string => join(dataDir, 'unsent-reports')

/** The store, and how it is known: by default it is the data folder's. Touches nothing before the first call. */
export function openReports(places: ReportPlaces): { reports: ReportStore; mark: RootMark } {
  const { dataDir, reportRoot } = places
  if (!reportRoot) return { reports: openFolderReports(join(dataDir, 'reports')), mark: folderMark(dataDir) }
  const location = parseBucket(reportRoot)
  if (location === null) return { reports: openFolderReports(reportRoot), mark: folderMark(reportRoot) }
  const bucket = new Bucket(location, s3Settings(places), 'reports')
  return { reports: openBucketReports(bucket, unsentFolderOf(places)), mark: bucketMark(bucket) }
}
